using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Ingest.Hosting.Server;

/// <summary>Section <c>Listen</c>: the two listeners and the limits of connections on them.</summary>
public sealed class ListenerOptions
{
    /// <summary>Where producers POST. Default <c>http://127.0.0.1:8080</c>; <c>https</c> needs <see cref="CertificatePath"/>.</summary>
    [Description("Where producers POST.")]
    public string Intake { get; set; } = "http://127.0.0.1:8080";

    /// <summary>Where operators look and act. Default <c>http://127.0.0.1:8081</c>.</summary>
    [Description("Where operators look and act.")]
    public string Admin { get; set; } = "http://127.0.0.1:8081";

    /// <summary>Protocols of the intake listener: <c>Http1</c>, <c>Http2</c> (in clear text with prior knowledge) or
    /// <c>Http1AndHttp2</c> (the second with TLS only). Default Http1AndHttp2.</summary>
    [Description("Protocols of the intake listener: Http1, Http2 (clear text with prior knowledge) or Http1AndHttp2 (with TLS).")]
    public ListenProtocols Protocols { get; set; } = ListenProtocols.Http1AndHttp2;

    /// <summary>PEM or PKCS#12 file with the server's certificate, for https. Default none.</summary>
    [Description("PEM or PKCS#12 file with the server's certificate, for https.")]
    public string CertificatePath { get; set; } = "";

    /// <summary>PEM file with the certificate's key, when it is not in the same file. Default none.</summary>
    [Description("PEM file with the certificate's key, when it is not in the same file.")]
    public string CertificateKeyPath { get; set; } = "";

    /// <summary>
    /// PEM file with the authorities whose certificates producers must show on the intake listener (mTLS), which has to be https. Default
    /// none: no certificate is asked for.
    /// </summary>
    [Description("PEM file with the authorities whose certificates producers must show (mTLS); Listen:Intake has to be https.")]
    public string ClientAuthoritiesPath { get; set; } = "";

    /// <summary>Open connections on the intake listener; the admin listener has 64 of its own. Default 20,000; 16 to 1,000,000.</summary>
    [Range(16, 1_000_000), Description("Open connections on the intake listener; the admin listener has 64 of its own.")]
    public int ConnectionsMax { get; set; } = 20_000;

    /// <summary>How long an idle connection is kept. Default 130 s: balancers' 60 s pass first, so that they close; 1 s to 1 h.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00"), Description("How long an idle connection is kept; longer than the balancer's own.")]
    public TimeSpan KeepAlive { get; set; } = TimeSpan.FromSeconds(130);

    /// <summary>Time to receive the request's headers. Default 10 s; 1 s to 5 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00"), Description("Time to receive the request's headers.")]
    public TimeSpan HeadersTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Bytes of all request headers. Default 32 KiB; 1 KiB to 1 MiB.</summary>
    [Range(1024, 1024 * 1024), Description("Bytes of all request headers.")]
    public int HeadersBytesMax { get; set; } = 32 * 1024;

    /// <summary>Number of request headers. Default 100; 8 to 1,000.</summary>
    [Range(8, 1000), Description("Number of request headers.")]
    public int HeadersMax { get; set; } = 100;

    /// <summary>Bytes of the request line. Default 8 KiB; 256 to 64 KiB.</summary>
    [Range(256, 64 * 1024), Description("Bytes of the request line.")]
    public int RequestLineBytesMax { get; set; } = 8 * 1024;

    /// <summary>Bytes a second a body must arrive with, after a grace of 5 s. Default 1,024; 1 to 1 GiB.</summary>
    [Range(1, 1024 * 1024 * 1024), Description("Bytes a second a body must arrive with, after a grace of 5 s.")]
    public int BodyRateMin { get; set; } = 1024;

    /// <summary>Requests in flight on one HTTP/2 connection. Default 100; 1 to 1,000.</summary>
    [Range(1, 1000), Description("Requests in flight on one HTTP/2 connection.")]
    public int Http2StreamsMax { get; set; } = 100;
}

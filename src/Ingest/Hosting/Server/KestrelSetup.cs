using System.Net;
using Ingest.Hosting.Connections;
using Ingest.Hosting.Dialects;
using Ingest.Hosting.Lifecycle;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Ingest.Hosting.Server;

/// <summary>Sets every limit and timeout of the server explicitly: a default can change with an update.</summary>
internal static class KestrelSetup
{
    // What one connection may have waiting to be sent before its requests wait.
    private const int ResponseBytesMax = 64 * 1024;

    private static readonly TimeSpan BodyRateGrace = TimeSpan.FromSeconds(5);

    internal static void Apply(KestrelServerOptions kestrel, ListenerOptions options, int connectionsMax, long bodyBytesMax,
        IEnumerable<FurtherListener> further)
    {
        kestrel.AddServerHeader = false;
        kestrel.AllowSynchronousIO = false;
        kestrel.AllowResponseHeaderCompression = false;
        // A request in absolute form names its host itself (RFC 9112, section 3.2.2); a Host header that says otherwise is ignored.
        kestrel.AllowHostHeaderOverride = true;
        kestrel.RequestHeaderEncodingSelector = RequestHeaderEncodings.Select;
        var limits = kestrel.Limits;
        // Of each address; each listener's own quota, over all its addresses, is below.
        limits.MaxConcurrentConnections = Math.Max(connectionsMax, OpenFiles.AdminConnections);
        limits.MaxConcurrentUpgradedConnections = 0;
        limits.KeepAliveTimeout = options.KeepAlive;
        limits.RequestHeadersTimeout = options.HeadersTimeout;
        limits.MaxRequestHeaderCount = options.HeadersMax;
        limits.MaxRequestHeadersTotalSize = options.HeadersBytesMax;
        limits.MaxRequestLineSize = options.RequestLineBytesMax;
        limits.MaxRequestBodySize = bodyBytesMax;
        // What the server buffers before the handler reads: a whole usual request, never a whole large one.
        limits.MaxRequestBufferSize = Math.Max(256 * 1024, options.RequestLineBytesMax);
        limits.MaxResponseBufferSize = ResponseBytesMax;
        limits.MinRequestBodyDataRate = new MinDataRate(options.BodyRateMin, BodyRateGrace);
        limits.MinResponseDataRate = new MinDataRate(240, BodyRateGrace);
        limits.Http2.MaxStreamsPerConnection = options.Http2StreamsMax;
        limits.Http2.MaxRequestHeaderFieldSize = Math.Min(options.HeadersBytesMax, 16 * 1024);
        limits.Http2.InitialConnectionWindowSize = 1024 * 1024;
        limits.Http2.InitialStreamWindowSize = 768 * 1024;
        limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
        var certificates = Certificates(kestrel, options);
        var quota = Quota(kestrel, "Listen:Intake", connectionsMax);
        Listen(kestrel, options.Intake, Spoken(options.Protocols), options, ListenerRole.Intake, certificates, quota);
        foreach (var listener in further)
        {
            // They share the quota: however many ports there are, producers have so many connections.
            var spoken = listener.NeedsHttp2 ? HttpProtocols.Http2 : Spoken(options.Protocols);
            Listen(kestrel, listener.Url, spoken, options, ListenerRole.Intake, certificates, quota);
        }
        quota = Quota(kestrel, "Listen:Admin", OpenFiles.AdminConnections);
        Listen(kestrel, options.Admin, HttpProtocols.Http1, options, ListenerRole.Admin, certificates, quota);
    }

    private static void Listen(
        KestrelServerOptions kestrel,
        string url,
        HttpProtocols protocols,
        ListenerOptions options,
        ListenerRole role,
        RenewedCertificates? certificates,
        Func<ConnectionDelegate, ConnectionDelegate> quota)
    {
        var address = ListenAddress.Parse(url);
        // HTTP/2 in clear text needs prior knowledge, and a listener that speaks both cannot tell: say what was meant.
        var spoken = !address.Tls && protocols == HttpProtocols.Http1AndHttp2 ? HttpProtocols.Http1 : protocols;
        var gathered = new GatheredOutput(ResponseBytesMax);
        void Configure(ListenOptions listen)
        {
            listen.Protocols = spoken;
            listen.Use(quota);
            if (address.Tls)
            {
                listen.UseHttps(Secure(certificates!, options, role));
            }
            listen.Use(next => connection =>
            {
                connection.Features.Set(role);
                return next(connection);
            });
            listen.Use(next => gathered.Around(next, always: spoken == HttpProtocols.Http2));
        }
        if (address.Socket is { } path)
        {
            kestrel.ListenUnixSocket(path, Configure);
        }
        else if (address.Host is "localhost")
        {
            kestrel.ListenLocalhost(address.Port, Configure);
        }
        else if (address.Host is "*")
        {
            kestrel.ListenAnyIP(address.Port, Configure);
        }
        else
        {
            kestrel.Listen(IPAddress.Parse(address.Host), address.Port, Configure);
        }
    }

    private static Func<ConnectionDelegate, ConnectionDelegate> Quota(KestrelServerOptions kestrel, string listener, int max)
    {
        var services = kestrel.ApplicationServices;
        var logger = services.GetRequiredService<ILogger<IngestNode>>();
        var throttle = new LineThrottle(services.GetRequiredService<TimeProvider>());
        var quota = new ConnectionQuota(max);
        return next => quota.Around(next, most =>
        {
            if (throttle.TryTake(out var held))
            {
                Log.ConnectionsRefused(logger, held + 1, listener, most);
            }
        });
    }

    private static HttpProtocols Spoken(ListenProtocols protocols) => protocols switch
    {
        ListenProtocols.Http1 => HttpProtocols.Http1,
        ListenProtocols.Http2 => HttpProtocols.Http2,
        _ => HttpProtocols.Http1AndHttp2,
    };

    private static RenewedCertificates? Certificates(KestrelServerOptions kestrel, ListenerOptions options)
    {
        if (options.CertificatePath.Length == 0)
        {
            return null;
        }
        var services = kestrel.ApplicationServices;
        var certificates = new RenewedCertificates(
            options, services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILogger<IngestNode>>());
        services.GetRequiredService<Instruments>().Meter.CreateObservableGauge(
            "ingest.tls.certificate.expiry",
            () => certificates.SecondsLeft,
            "s",
            "Seconds until the listeners' certificate expires; negative when it has.");
        return certificates;
    }

    private static TlsHandshakeCallbackOptions Secure(RenewedCertificates certificates, ListenerOptions options, ListenerRole role) => new()
    {
        HandshakeTimeout = options.HeadersTimeout,
        OnConnection = _ => ValueTask.FromResult(certificates.Current.Secure(asksProducers: role == ListenerRole.Intake)),
    };
}

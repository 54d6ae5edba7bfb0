using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Ingest.Sinks.Http.Answers;
using Ingest.Sinks.Http.Connections;
using Ingest.Sinks.Http.Formats;
using Ingest.Sinks.Http.Requests;

namespace Ingest.Sinks.Http;

/// <summary>Section <c>Sinks:NAME</c> of an HTTP sink. Files of secrets are read anew when they change.</summary>
public sealed class HttpSinkOptions
{
    /// <summary>
    /// Where events are POSTed. <c>{stream}</c> stands for the stream's name, and then each stream has requests of its own. No default.
    /// </summary>
    [Description("Where events are POSTed; {stream} stands for the stream's name.")]
    public string Url { get; set; } = "";

    /// <summary>How events stand in the body. Default <see cref="HttpFormat.Ndjson"/>.</summary>
    [Description("How events stand in the body, and what an answer says of each (docs/http-sink.md).")]
    public HttpFormat Format { get; set; } = HttpFormat.Ndjson;

    /// <summary>
    /// Whether events of one key keep their order where the answer judges each event (<see cref="HttpFormat.Bulk"/>): then no request has
    /// two of them. False: an event that is put off may come behind later ones of its key, in fewer requests. Default true.
    /// </summary>
    [Description("Bulk: whether no request has two events of one key, so that none overtakes another that is put off.")]
    public bool KeyOrder { get; set; } = true;

    /// <summary>
    /// The index documents go to; <c>{stream}</c> stands for the stream's name. Empty: the one of the URL. Default <c>{stream}</c>.
    /// </summary>
    [Description("Bulk: the index documents go to; {stream} stands for the stream's name; empty: the one of the URL.")]
    public string BulkIndex { get; set; } = "{stream}";

    /// <summary>What documents are known by. Default <see cref="BulkIds.Ingest"/>.</summary>
    [Description("Bulk: what documents are known by: Ingest (each event is one) or Producer (the first event of each id is).")]
    public BulkIds BulkIds { get; set; } = BulkIds.Ingest;

    /// <summary>The index events go to; <c>{stream}</c> stands for the stream's name. Default empty: the token's.</summary>
    [Description("Hec: the index events go to; {stream} stands for the stream's name; empty: the token's.")]
    public string HecIndex { get; set; } = "";

    /// <summary>
    /// The signal of further streams, <c>logs</c>, <c>traces</c> or <c>metrics</c>. Known are <c>otlp_logs</c>, <c>otlp_spans</c> and
    /// <c>otlp_metrics</c>.
    /// </summary>
    [Description("Otlp: the signal of further streams: logs, traces or metrics.")]
    public Dictionary<string, string> OtlpSignals { get; } = new(StringComparer.Ordinal);

    /// <summary>
    /// How bodies are compressed. Default <see cref="HttpCompression.None"/>: not every receiver takes compressed requests, and none says
    /// so before it is asked.
    /// </summary>
    [Description("How bodies are compressed: None or Gzip. The receiver must take it.")]
    public HttpCompression Compression { get; set; } = HttpCompression.None;

    /// <summary>Bytes of events in a request; a single larger one goes alone. Default 1 MiB; 1 KiB to 64 MiB.</summary>
    [Range(1024, 64 * 1024 * 1024), Description("Bytes of events in a request; a single larger one goes alone.")]
    public int BatchBytesMax { get; set; } = 1024 * 1024;

    /// <summary>Events in a request. Default 1,000; 1 to 10,000.</summary>
    [Range(1, 10_000), Description("Events in a request.")]
    public int BatchEventsMax { get; set; } = 1000;

    /// <summary>Most requests at once; how many are used the lane finds out. Default 16; 1 to 32.</summary>
    [Range(1, 32), Description("Most requests at once; how many are used the lane finds out.")]
    public int WindowMax { get; set; } = 16;

    /// <summary>How long connecting may take, TLS included. Default 10 s; 100 ms to 1 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00"), Description("How long connecting may take, TLS included.")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long one request may take until its answer is read; <c>Publishing:AttemptTimeout</c> bounds all requests of a batch. Default
    /// 20 s; 100 ms to 10 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00"), Description("How long one request may take until its answer is read.")]
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>A connection is replaced after this, so that changed addresses are noticed. Default 5 min; 1 s to 1 day.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00"), Description("A connection is replaced after this.")]
    public TimeSpan ConnectionLifetime { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>An unused connection is closed after this. Default 1 min; 1 s to 1 h.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00"), Description("An unused connection is closed after this.")]
    public TimeSpan ConnectionIdle { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Bytes of an answer that are read for its reason. Default 8 KiB; 0 (the status alone) to 64 KiB.</summary>
    [Range(0, 64 * 1024), Description("Bytes of an answer that are read for its reason; 0: the status alone.")]
    public int AnswerBytesMax { get; set; } = 8 * 1024;

    /// <summary>A file with the token sent as <c>Authorization: Bearer</c>. Default none.</summary>
    [Description("A file with the token that is sent as Authorization: Bearer.")]
    public string BearerFile { get; set; } = "";

    /// <summary>The user of HTTP's basic authentication, without a colon. Default none.</summary>
    [Description("The user of basic authentication.")]
    public string BasicUser { get; set; } = "";

    /// <summary>A file with the password of <see cref="BasicUser"/> in its first line. Default none.</summary>
    [Description("A file with the password of BasicUser.")]
    public string BasicPasswordFile { get; set; } = "";

    /// <summary>
    /// The scheme of <see cref="AuthorizationFile"/>: <c>Splunk</c>, <c>ApiKey</c>, <c>Token</c>, whatever the other side asks for. Default
    /// none.
    /// </summary>
    [Description("The scheme that is sent as Authorization with what AuthorizationFile says: Splunk, ApiKey, Token.")]
    public string AuthorizationScheme { get; set; } = "";

    /// <summary>A file with what follows <see cref="AuthorizationScheme"/> in its first line. Default none.</summary>
    [Description("A file with what follows AuthorizationScheme.")]
    public string AuthorizationFile { get; set; } = "";

    /// <summary>
    /// Headers of every request; those the sink sets itself are refused. At most 64 of ASCII without control characters. Shown masked,
    /// never logged. Default none.
    /// </summary>
    [Description("Headers of every request, shown masked; those the sink sets itself are refused.")]
    public Dictionary<string, string> Headers { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// A file with more headers, a line <c>Name: value</c> each, which count where <see cref="Headers"/> has the same; empty lines and such
    /// with <c>#</c> in front are passed over. Default none.
    /// </summary>
    [Description("A file with headers of every request, a line NAME: VALUE each.")]
    public string HeadersFile { get; set; } = "";

    /// <summary>
    /// A file with the secrets requests are signed with, one a line, 16 bytes at least; with two, each has a signature, so that a receiver
    /// can change over. Default none.
    /// </summary>
    [Description("A file with the secrets requests are signed with (HMAC-SHA256), one a line.")]
    public string SigningFile { get; set; } = "";

    /// <summary>The client's certificate, PEM. Default none.</summary>
    [Description("The client's certificate, PEM.")]
    public string CertificatePath { get; set; } = "";

    /// <summary>The certificate's private key, PEM. Default: in the certificate's file.</summary>
    [Description("The private key of the client's certificate, PEM; empty: in the certificate's file.")]
    public string CertificateKeyPath { get; set; } = "";

    /// <summary>Certificates the other side's is checked against, PEM, instead of the system's. Default none.</summary>
    [Description("Certificates the other side's is checked against, PEM; empty: the system's.")]
    public string TrustPath { get; set; } = "";

    /// <summary>
    /// The proxy all requests go through, <c>http://HOST:PORT</c>: as a tunnel where <see cref="Url"/> is https. Default none; proxies that
    /// the environment names are never used.
    /// </summary>
    [Description("The proxy all requests go through, http://HOST:PORT; none of the environment is used.")]
    public string Proxy { get; set; } = "";

    /// <summary>The user the proxy asks for. Default none.</summary>
    [Description("The user the proxy asks for.")]
    public string ProxyUser { get; set; } = "";

    /// <summary>A file with the password of <see cref="ProxyUser"/> in its first line. Default none.</summary>
    [Description("A file with the password of ProxyUser.")]
    public string ProxyPasswordFile { get; set; } = "";

    /// <summary>Verdicts on single statuses, over those of docs/http-sink.md: <c>404=Rejected</c>. Default none.</summary>
    [Description("Verdicts on single statuses: Delivered, Congested, Retryable, Rejected or Blocked.")]
    public Dictionary<string, string> Statuses { get; } = new(StringComparer.Ordinal);

    /// <summary>What contradicts what, one sentence each.</summary>
    public IEnumerable<string> Contradictions()
    {
        if (!UrlTemplate.TryParse(Url, out _))
        {
            yield return "Url of an HTTP sink must be set: http://HOST/PATH or https://HOST/PATH, {stream} for the stream's name.";
        }
        if (CertificateKeyPath.Length > 0 && CertificatePath.Length == 0)
        {
            yield return "CertificateKeyPath belongs to a CertificatePath.";
        }
        foreach (var contradiction in CredentialRules.Contradictions(this))
        {
            yield return contradiction;
        }
        foreach (var contradiction in FormatRules.Contradictions(this))
        {
            yield return contradiction;
        }
        foreach (var (status, verdict) in Statuses)
        {
            if (!StatusTable.TryParse(status, verdict, out _, out _))
            {
                yield return $"Statuses:{status} = {verdict}: a status from 200 to 599 and one of {string.Join(", ", StatusTable.Names)}.";
            }
        }
    }
}

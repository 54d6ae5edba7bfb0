using System.Net;
using System.Net.Security;
using System.Text;

namespace Ingest.Sinks.Http.Connections;

/// <summary>Pooled connections with every limit set.</summary>
internal static class HttpConnections
{
    private const int HeaderKibibytesMax = 32;
    private const int DrainBytesMax = 64 * 1024;

    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(10);

    internal static HttpMessageInvoker Open(HttpSinkOptions options, SslClientAuthenticationOptions tls, ForwardProxy? proxy) =>
        new(Handler(options, tls, proxy));

    private static SocketsHttpHandler Handler(HttpSinkOptions options, SslClientAuthenticationOptions tls, ForwardProxy? proxy) => new()
    {
        SslOptions = tls,
        ConnectTimeout = options.ConnectTimeout,
        PooledConnectionLifetime = options.ConnectionLifetime,
        PooledConnectionIdleTimeout = options.ConnectionIdle,
        MaxConnectionsPerServer = options.WindowMax,
        MaxResponseHeadersLength = HeaderKibibytesMax,
        MaxResponseDrainSize = DrainBytesMax,
        ResponseDrainTimeout = DrainTimeout,
        Expect100ContinueTimeout = options.RequestTimeout,
        KeepAlivePingDelay = PingDelay,
        KeepAlivePingTimeout = PingTimeout,
        KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
        AutomaticDecompression = DecompressionMethods.None,
        // Attributes of events are UTF-8, as producers sent them.
        RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8,
        // What is configured is where events belong, and who vouches for it: no redirect, no proxy of the environment, no cookies.
        AllowAutoRedirect = false,
        UseProxy = proxy is not null,
        Proxy = proxy,
        UseCookies = false,
        // Requests carry the trace of their events, not of the code that sends them.
        ActivityHeadersPropagator = null,
    };
}

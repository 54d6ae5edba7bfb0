namespace Ingest.Hosting.Server;

/// <summary>Protocols a listener can speak.</summary>
public enum ListenProtocols
{
    /// <summary>HTTP/1.1 and 1.0.</summary>
    Http1,

    /// <summary>HTTP/2; in clear text with prior knowledge.</summary>
    Http2,

    /// <summary>Both: TLS lets the two sides agree on one.</summary>
    Http1AndHttp2,
}

using System.Globalization;
using System.Text;
using Ingest.Testing;

namespace Ingest.Abuse;

/// <summary>Pieces of requests.</summary>
internal static class Requests
{
    internal const string Line = "POST /v1/events HTTP/1.1\r\nHost: localhost\r\n";

    /// <summary>A whole request that is right, but for what is added to its head.</summary>
    internal static byte[] Post(string headers = "", string body = "{}") => Post(Encoding.Latin1.GetBytes(body), headers);

    /// <inheritdoc cref="Post(string, string)"/>
    internal static byte[] Post(byte[] body, string headers = "")
    {
        var length = body.Length.ToString(CultureInfo.InvariantCulture);
        return [.. Encoding.Latin1.GetBytes($"{Line}Content-Length: {length}\r\n{headers}\r\n"), .. body];
    }

    /// <summary>Sends bytes over a connection of their own and says what came back.</summary>
    internal static Func<AbuseTarget, CancellationToken, Task<string>> Send(string latin1) => Send(() => Encoding.Latin1.GetBytes(latin1));

    /// <inheritdoc cref="Send(string)"/>
    internal static Func<AbuseTarget, CancellationToken, Task<string>> Send(Func<byte[]> request) => async (target, patience) =>
    {
        using var wire = await RawConnection.ConnectAsync(target.Port, patience);
        await wire.SendAsync(request(), patience);
        return await wire.OutcomeAsync(patience);
    };
}

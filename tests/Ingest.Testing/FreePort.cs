using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Ingest.Testing;

/// <summary>Loopback ports for servers that are killed and started again on the same address.</summary>
/// <remarks>
/// Taken from below the range the kernel picks client ports from: otherwise a client that retries while the server is down may be given
/// the server's own port and connect to itself, or another process takes it between two starts. <c>INGEST_TEST_PORTS_FROM</c> says where
/// to begin, so that test processes that run side by side stay apart.
/// </remarks>
public static class FreePort
{
    private const int Lowest = 15_000;
    private const int Highest = 32_000;

    private static readonly Lock Lock = new();
    private static int _next = First();

    /// <summary>A port that is not listened on and that this process has not handed out before.</summary>
    public static int Next()
    {
        lock (Lock)
        {
            for (var tries = 0; tries < Highest - Lowest; tries++)
            {
                _next = _next + 1 < Highest ? _next + 1 : Lowest;
                if (IsFree(_next))
                {
                    return _next;
                }
            }
        }
        throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"No free port between {Lowest} and {Highest}."));
    }

    // Not taken for another number: it would be that of a process beside this one.
    private static int First()
    {
        if (Environment.GetEnvironmentVariable("INGEST_TEST_PORTS_FROM") is not { Length: > 0 } given)
        {
            return Lowest + (Environment.ProcessId * 97 % (Highest - Lowest));
        }
        return int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out var from) && from is >= Lowest and < Highest
            ? from
            : throw new InvalidOperationException($"INGEST_TEST_PORTS_FROM is {given}; it is a port from {Lowest} to {Highest - 1}.");
    }

    private static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            socket.Listen(1);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

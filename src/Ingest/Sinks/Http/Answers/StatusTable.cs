using System.Globalization;
using Ingest.Sinks.Contract;

namespace Ingest.Sinks.Http.Answers;

/// <summary>The one table from statuses to verdicts; docs/http-sink.md gives the reasons. A test holds it against every status.</summary>
internal sealed class StatusTable
{
    internal const int Lowest = 200;
    internal const int Highest = 599;
    private const int UnsupportedMediaType = 415;

    // The request is wrong however it is repeated, and no event is to blame: who we are, where we send, how we speak.
    private static readonly int[] Blocked =
    [
        207, 401, 402, 403, 404, 405, 406, 407, 410, 411, 412, 414, 416, 417, 421, 426, 428, 431, 451, 501, 505, 506, 508, 510, 511,
    ];

    // The other side lives and has too much to do.
    private static readonly int[] Congested = [429];

    // It may pass.
    // 460 and 499 are what balancers answer when they lost the client's connection: they say nothing of the event.
    private static readonly int[] Retryable = [408, 423, 424, 425, 460, 499];

    // Credentials: the same for every place events are sent to.
    private static readonly int[] OfSink = [401, 402, 407, 511];

    private readonly VerdictKind[] _kinds = new VerdictKind[Highest - Lowest + 1];

    /// <param name="overrides">Statuses and names of verdicts, checked before.</param>
    /// <param name="isCompressed">Bodies are compressed: 415 is what a receiver answers that cannot read them (RFC 7694).</param>
    internal StatusTable(IReadOnlyDictionary<string, string> overrides, bool isCompressed = false)
    {
        for (var status = Lowest; status <= Highest; status++)
        {
            _kinds[status - Lowest] = isCompressed && status == UnsupportedMediaType ? VerdictKind.Blocked : Usual(status);
        }
        foreach (var (key, name) in overrides)
        {
            if (!TryParse(key, name, out var status, out var kind))
            {
                throw new InvalidOperationException($"Statuses:{key} = {name} is no verdict on a status.");
            }
            _kinds[status - Lowest] = kind;
        }
    }

    /// <summary>What verdicts are called.</summary>
    internal static IReadOnlyList<string> Names { get; } = Enum.GetNames<VerdictKind>();

    /// <summary>The verdict on an answer.</summary>
    /// <param name="status">Its status.</param>
    /// <param name="saysWhen">It has a Retry-After.</param>
    internal VerdictKind this[int status, bool saysWhen]
    {
        get
        {
            if (status is < Lowest or > Highest)
            {
                return VerdictKind.Blocked;
            }
            var kind = _kinds[status - Lowest];
            // Who can say when to come back is overloaded, not gone.
            return kind == VerdictKind.Retryable && saysWhen ? VerdictKind.Congested : kind;
        }
    }

    /// <summary>What a verdict on a status is about at most.</summary>
    /// <param name="status">The status.</param>
    /// <param name="kind">The verdict.</param>
    /// <param name="isPerStream">Each stream has a URL of its own.</param>
    internal static VerdictScope ScopeOf(int status, VerdictKind kind, bool isPerStream) =>
        OfSink.Contains(status) ? VerdictScope.Sink
        : isPerStream && kind is (VerdictKind.Blocked or VerdictKind.Congested) ? VerdictScope.Stream
        : VerdictScope.Unknown;

    internal static bool TryParse(string key, string name, out int status, out VerdictKind kind)
    {
        kind = default;
        return int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out status)
            && status is >= Lowest and <= Highest
            && Names.Contains(name, StringComparer.OrdinalIgnoreCase)
            && Enum.TryParse(name, ignoreCase: true, out kind);
    }

    private static VerdictKind Usual(int status) =>
        Blocked.Contains(status) ? VerdictKind.Blocked
        : Congested.Contains(status) ? VerdictKind.Congested
        : Retryable.Contains(status) ? VerdictKind.Retryable
        : (status / 100) switch
        {
            2 => VerdictKind.Delivered,
            // Redirects are not followed: what was configured is not where events belong.
            3 => VerdictKind.Blocked,
            4 => VerdictKind.Rejected,
            _ => VerdictKind.Retryable,
        };
}

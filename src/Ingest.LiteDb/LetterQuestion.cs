using Ingest.DeadLetters;

namespace Ingest.LiteDb;

/// <summary>A filter, as far as blocks and groups can answer it: letters certainly match, perhaps, or certainly not.</summary>
internal sealed class LetterQuestion
{
    private readonly DeadLetterFilter _filter;
    private readonly uint? _keyHash;
    private readonly Dictionary<int, bool> _groups = [];

    /// <param name="filter">Which letters.</param>
    /// <param name="groups">All groups there are.</param>
    internal LetterQuestion(DeadLetterFilter filter, IEnumerable<LetterGroup> groups)
    {
        (_filter, _keyHash) = (filter, filter.EventKey is { } key ? LetterEntry.HashOf(key) : null);
        foreach (var group in groups)
        {
            if (Matches(group.Name) is not { } matches)
            {
                Unsure += group.Count;
                _groups.Add(group.Number, true);
            }
            else if (matches)
            {
                Sure += group.Count;
                _groups.Add(group.Number, true);
            }
        }
    }

    /// <summary>Letters of groups that match, whatever else is asked for.</summary>
    internal long Sure { get; }

    /// <summary>Letters of groups of which not all may match.</summary>
    internal long Unsure { get; }

    /// <summary>Whether the groups say everything that is asked for.</summary>
    internal bool IsOfGroupsAlone =>
        _filter is { SinceUnixMs: null, UntilUnixMs: null, AttemptsMin: null, EventKey: null };

    internal bool MayMatch(int group) => _groups.ContainsKey(group);

    internal bool MayMatch(BlockHead head) =>
        head.LastTriedMax >= (_filter.SinceUnixMs ?? long.MinValue)
        && (_filter.UntilUnixMs is null || head.LastTriedMin < _filter.UntilUnixMs)
        && head.AttemptsMax >= (_filter.AttemptsMin ?? 0)
        && head.Shares.Any(share => MayMatch(share.Group));

    /// <summary>Whether time and attempts of all letters of the block match, and no key is asked for.</summary>
    internal bool MatchesAllOfGroups(BlockHead head) =>
        _keyHash is null
        && head.LastTriedMin >= (_filter.SinceUnixMs ?? long.MinValue)
        && (_filter.UntilUnixMs is null || head.LastTriedMax < _filter.UntilUnixMs)
        && head.AttemptsMin >= (_filter.AttemptsMin ?? 0);

    internal bool MayMatch(in LetterEntry entry) =>
        entry.LastUnixMs >= (_filter.SinceUnixMs ?? long.MinValue)
        && (_filter.UntilUnixMs is null || entry.LastUnixMs < _filter.UntilUnixMs)
        && entry.Attempts >= (_filter.AttemptsMin ?? 0)
        && (_keyHash is null || entry.KeyHash == _keyHash)
        && MayMatch(entry.Group);

    // Null: some of its letters may.
    private bool? Matches(in LetterGroupName group)
    {
        if ((_filter.Lane ?? group.Lane) != group.Lane || (_filter.Requeued ?? group.IsRequeued) != group.IsRequeued)
        {
            return false;
        }
        if (_filter.Stream is not null && group.Stream is not null && _filter.Stream != group.Stream)
        {
            return false;
        }
        if (_filter.Reason is not null && group.Reason is not null
            && !group.Reason.Contains(_filter.Reason, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }
        return (_filter.Stream is null || group.Stream is not null) && (_filter.Reason is null || group.Reason is not null) ? true : null;
    }
}

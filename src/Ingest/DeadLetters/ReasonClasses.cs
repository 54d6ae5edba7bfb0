namespace Ingest.DeadLetters;

/// <summary>Classes of reasons to count by: the first few that come keep their names, all later ones are one. Any thread.</summary>
internal sealed class ReasonClasses
{
    /// <summary>Classes counted apart.</summary>
    internal const int ClassesMax = 32;

    private const string Other = "other";

    private readonly Lock _lock = new();
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    internal string Of(string reason)
    {
        var found = RefusalReason.ClassOf(reason);
        lock (_lock)
        {
            return _known.Contains(found) || (_known.Count < ClassesMax && _known.Add(found)) ? found : Other;
        }
    }
}

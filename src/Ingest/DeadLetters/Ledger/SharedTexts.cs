namespace Ingest.DeadLetters.Ledger;

/// <summary>One copy of each of the first <see cref="TextsMax"/> different texts; later ones are not shared. Not thread-safe.</summary>
internal sealed class SharedTexts
{
    internal const int TextsMax = 4096;

    private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);

    /// <summary>The copy of this text that all share, or the text itself.</summary>
    internal string Share(string text)
    {
        if (_texts.TryGetValue(text, out var known))
        {
            return known;
        }
        if (_texts.Count < TextsMax)
        {
            _texts.Add(text, text);
        }
        return text;
    }
}

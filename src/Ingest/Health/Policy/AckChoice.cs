namespace Ingest.Health.Policy;

/// <summary>When a request that brings events is answered.</summary>
public enum AckWhen
{
    /// <summary>When they are on disk.</summary>
    Durable,

    /// <summary>When the lanes have delivered them too, or the time for that is up.</summary>
    Delivered,
}

/// <summary>The values of <see cref="AckWhen"/> that a request may ask for, and what counts where it asks for nothing.</summary>
/// <param name="Default">Where it asks for nothing; allowed itself.</param>
/// <param name="Other">The other one is allowed too.</param>
public readonly record struct AckChoice(AckWhen Default, bool Other)
{
    /// <summary>The form in which it is written.</summary>
    internal const string Expected = "durable, delivered, or both with a comma, the default first";

    /// <summary>Whether it may be asked for.</summary>
    public bool Allows(AckWhen when) => when == Default || Other;

    /// <summary>Reads <c>durable</c>, <c>delivered</c>, <c>durable,delivered</c> or <c>delivered,durable</c>.</summary>
    internal static bool TryParse(string text, out AckChoice choice)
    {
        var names = text.Split(',', StringSplitOptions.TrimEntries);
        var known = TryParse(names[0], out AckWhen first);
        var second = first;
        var isChoice = known && (names.Length == 1 || (names.Length == 2 && TryParse(names[1], out second) && second != first));
        choice = new AckChoice(first, names.Length == 2);
        return isChoice;
    }

    /// <summary>Reads one of the two, whatever its case.</summary>
    internal static bool TryParse(string text, out AckWhen when)
    {
        var isDelivered = text.Equals("delivered", StringComparison.OrdinalIgnoreCase);
        when = isDelivered ? AckWhen.Delivered : AckWhen.Durable;
        return isDelivered || text.Equals("durable", StringComparison.OrdinalIgnoreCase);
    }
}

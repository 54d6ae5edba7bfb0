namespace Ingest.Fuzz;

/// <summary>An oracle found that a target did something other than it promises.</summary>
/// <param name="message">What, in one sentence.</param>
public sealed class FuzzException(string message) : Exception(message)
{
    /// <summary>Throws unless the promise holds.</summary>
    internal static void Unless(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new FuzzException(otherwise);
        }
    }
}

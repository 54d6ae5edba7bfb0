namespace Ingest.Abuse;

/// <summary>How a case can end, in words; otherwise it is a status, with the problem's code where there is one.</summary>
public static class Outcomes
{
    /// <summary>The connection ended without an answer.</summary>
    public const string Closed = "closed";

    /// <summary>An HTTP/2 connection was ended with GOAWAY.</summary>
    public const string GoAway = "goaway";

    /// <summary>Connections stayed open and no producer was disturbed.</summary>
    public const string Held = "held";
}

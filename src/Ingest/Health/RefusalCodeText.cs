namespace Ingest.Health;

/// <summary>The names of refusal codes in health answers and in the status.</summary>
public static class RefusalCodeText
{
    /// <summary>The code in snake case: <c>disk_pressure</c>.</summary>
    public static string Text(this RefusalCode code) => code switch
    {
        RefusalCode.Starting => "starting",
        RefusalCode.LogFailed => "log_failed",
        RefusalCode.Draining => "draining",
        RefusalCode.PolicyRefused => "policy_refused",
        RefusalCode.MemoryPressure => "memory_pressure",
        RefusalCode.DiskPressure => "disk_pressure",
        RefusalCode.Overloaded => "overloaded",
        _ => throw new ArgumentOutOfRangeException(nameof(code), code, "No such refusal."),
    };
}

namespace Ingest.Intake.Receipts;

/// <summary>What a request waits for beyond the disk. The default value: for nothing.</summary>
/// <param name="IsDelivered">For delivery.</param>
/// <param name="Most">How long, within the settings' bounds.</param>
/// <param name="IsPreferred">The time came from <c>Prefer</c>, which is confirmed.</param>
internal readonly record struct AckWish(bool IsDelivered, TimeSpan Most = default, bool IsPreferred = false);

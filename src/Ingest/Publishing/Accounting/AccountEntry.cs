namespace Ingest.Publishing.Accounting;

/// <summary>A stream in a lane's accounts, while they are being kept.</summary>
internal sealed class AccountEntry(string name, byte[] nameUtf8)
{
    internal string Name { get; } = name;

    internal byte[] NameUtf8 { get; } = nameUtf8;

    internal long Delivered { get; set; }

    internal long DeadLettered { get; set; }

    internal long Parked { get; set; }
}

namespace Ingest.Pieces;

/// <summary>One hot piece of the way of an event, ready to run again and again without a trace of earlier runs.</summary>
internal interface IPiece : IDisposable
{
    /// <summary>Runs it once. Allocates nothing.</summary>
    void Run();
}

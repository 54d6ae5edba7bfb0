using Ingest.DeadLetters.Index;
using Ingest.LiteDb;
using Ingest.Testing;

namespace Ingest.Tests.DeadLetters;

/// <summary>The index in LiteDB. Compiled with FullRegistry alone.</summary>
public sealed class LiteDbIndexTests : IndexContract
{
    private readonly TemporaryDirectory _directory = new();

    protected override IDeadLetterIndex Create() => new LiteDbIndexFactory().Create(_directory.Path);

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
        {
            _directory.Dispose();
        }
    }
}

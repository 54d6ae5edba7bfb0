namespace Ingest.Crash.Tests.Harness;

/// <summary>Holds the file sink of a rig back: a file stands where its directory should be, until it is released.</summary>
internal sealed class HeldSink : IDisposable
{
    private readonly string _obstacle;
    private readonly string _directory;

    internal HeldSink(CrashRig rig)
    {
        _obstacle = rig.Beside("obstacle");
        _directory = Path.Combine(_obstacle, "out");
        File.WriteAllText(_obstacle, "in the way");
        rig.Setup = rig.Setup.With(("Sinks:File:Directory", _directory));
    }

    /// <summary>Files written in spite of it.</summary>
    internal int Delivered => Directory.Exists(_directory) ? Directory.GetFiles(_directory, "*", SearchOption.AllDirectories).Length : 0;

    internal void Release()
    {
        if (File.Exists(_obstacle))
        {
            File.Delete(_obstacle);
        }
    }

    public void Dispose() => Release();
}

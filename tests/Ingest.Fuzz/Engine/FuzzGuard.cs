using System.IO.MemoryMappedFiles;

namespace Ingest.Fuzz.Engine;

/// <summary>
/// Keeps the input that runs at the moment in a mapped file, which outlives the process, and ends the process where one input takes
/// too long: neither a stack that overflows nor a loop without an end leaves nothing behind.
/// </summary>
internal sealed class FuzzGuard : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly string _name;
    private readonly string _folder;
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly Timer _timer;
    private byte[]? _running;
    private long _begun;

    /// <param name="folder">Takes what is found.</param>
    /// <param name="name">The target.</param>
    internal FuzzGuard(string folder, string name)
    {
        (_folder, _name) = (folder, name);
        Directory.CreateDirectory(folder);
        _file = MemoryMappedFile.CreateFromFile(RunningPath, FileMode.Create, mapName: null, FuzzTarget.InputBytesMax + sizeof(int));
        _view = _file.CreateViewAccessor();
        _timer = new Timer(_ => Look(), null, Patience, TimeSpan.FromSeconds(1));
    }

    private string RunningPath => Path.Combine(_folder, _name + ".running");

    /// <summary>What ran when an earlier process ended without a word; null where none did.</summary>
    internal static byte[]? Left(string folder, string name)
    {
        var path = Path.Combine(folder, name + ".running");
        if (!File.Exists(path))
        {
            return null;
        }
        var bytes = File.ReadAllBytes(path);
        File.Delete(path);
        var length = bytes.Length < sizeof(int) ? 0 : BitConverter.ToInt32(bytes);
        return length <= 0 || length > bytes.Length - sizeof(int) ? null : bytes[sizeof(int)..(sizeof(int) + length)];
    }

    internal void Begin(byte[] input)
    {
        _view.WriteArray(sizeof(int), input, 0, input.Length);
        _view.Write(0, input.Length);
        Volatile.Write(ref _begun, TimeProvider.System.GetTimestamp());
        Volatile.Write(ref _running, input);
    }

    internal void End()
    {
        Volatile.Write(ref _running, null);
        _view.Write(0, 0);
    }

    /// <summary>Keeps an input that a fault shows with, and what it said. The file's path.</summary>
    internal string Keep(byte[] input, string text)
    {
        var path = Corpus.Write(Path.Combine(_folder, _name), input);
        File.WriteAllText(path + ".txt", $"{text}\nreplay: make fuzz TARGET={_name} REPLAY={path}\n");
        return path;
    }

    public void Dispose()
    {
        _timer.Dispose();
        _view.Dispose();
        _file.Dispose();
        File.Delete(RunningPath);
    }

    private void Look()
    {
        if (Volatile.Read(ref _running) is { } input && TimeProvider.System.GetElapsedTime(Volatile.Read(ref _begun)) > Patience)
        {
            Console.WriteLine($"{_name}: one input takes more than {Patience}: {Keep(input, "takes too long")}");
            Environment.Exit(1);
        }
    }
}

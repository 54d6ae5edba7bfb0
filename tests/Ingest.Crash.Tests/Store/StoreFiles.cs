namespace Ingest.Crash.Tests.Store;

/// <summary>The files of a store while its node does not run, and what can become of them.</summary>
internal sealed class StoreFiles(string directory, Random random)
{
    private readonly Dictionary<string, byte[]> _older = [];

    /// <summary>Damages the files in one of several ways, or leaves them, and says which.</summary>
    internal string Damage()
    {
        var paths = Directory.Exists(directory) ? Directory.GetFiles(directory, "projection*") : [];
        var path = paths.Length > 0 ? paths[random.Next(paths.Length)] : null;
        var bytes = path is null ? [] : File.ReadAllBytes(path);
        switch (random.Next(8))
        {
            case 0 when path is not null:
                File.WriteAllBytes(path, bytes[..random.Next(bytes.Length + 1)]);
                return $"{Path.GetFileName(path)} cut";
            case 1 when bytes.Length > 0:
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                File.WriteAllBytes(path!, bytes);
                return $"a bit of {Path.GetFileName(path)} flipped";
            case 2 when path is not null:
                File.Delete(path);
                return $"{Path.GetFileName(path)} deleted";
            case 3 when path is not null:
                random.NextBytes(bytes);
                File.WriteAllBytes(path, bytes);
                return $"{Path.GetFileName(path)} junk";
            case 4 when _older.Count > 0:
                Write(_older);
                return "files of an earlier life put back";
            case 5:
                Keep(paths);
                return "left, and kept for later";
            default:
                return "left";
        }
    }

    private void Keep(string[] paths)
    {
        _older.Clear();
        foreach (var path in paths)
        {
            _older.Add(path, File.ReadAllBytes(path));
        }
    }

    private static void Write(Dictionary<string, byte[]> files)
    {
        foreach (var (path, bytes) in files)
        {
            File.WriteAllBytes(path, bytes);
        }
    }
}

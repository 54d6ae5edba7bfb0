using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ingest.Worker.Remote;

/// <summary>
/// The nodes a person works with, by name, in <c>~/.config/ingest/contexts.json</c> (<c>INGEST_CONTEXTS</c> names another file). It holds
/// no token, only the file one is in.
/// </summary>
/// <param name="Current">The name that is meant where none is said; null: none.</param>
/// <param name="Contexts">The nodes by name.</param>
internal sealed record ContextFile(string? Current, SortedDictionary<string, NodeContext> Contexts)
{
    /// <summary>The environment variable that names the file.</summary>
    internal const string FileVariable = "INGEST_CONTEXTS";

    /// <summary>The environment variable that names a context.</summary>
    internal const string NameVariable = "INGEST_CONTEXT";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Where the file is.</summary>
    internal static string Place
    {
        get
        {
            if (Environment.GetEnvironmentVariable(FileVariable) is { Length: > 0 } named)
            {
                return named;
            }
            var home = Environment.GetEnvironmentVariable("XDG_CONFIG_HOME") is { Length: > 0 } configured
                ? configured
                : Path.Combine(Environment.GetEnvironmentVariable("HOME") is { Length: > 0 } own ? own : "/root", ".config");
            return Path.Combine(home, "ingest", "contexts.json");
        }
    }

    /// <summary>Reads it; one that is not there has no contexts.</summary>
    internal static ContextFile Read()
    {
        if (!File.Exists(Place))
        {
            return new ContextFile(null, []);
        }
        try
        {
            var read = JsonSerializer.Deserialize(File.ReadAllBytes(Place), ContextJson.Default.ContextFile);
            return read is { Contexts: not null } ? read : new ContextFile(read?.Current, []);
        }
        catch (JsonException e)
        {
            throw new CommandFailure(ExitCode.NotFine, $"{Place} is no file of contexts: {e.Message}");
        }
    }

    /// <summary>Replaces the file by this, readable by its owner alone.</summary>
    internal void Write()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(Place))!);
        var draft = Place + ".new";
        File.WriteAllBytes(draft, JsonSerializer.SerializeToUtf8Bytes(this, ContextJson.Default.ContextFile));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(draft, OwnerOnly);
        }
        File.Move(draft, Place, overwrite: true);
    }

    /// <summary>The node of that name.</summary>
    /// <exception cref="CommandFailure">There is none.</exception>
    internal NodeContext Find(string name) => Contexts.TryGetValue(name, out var found)
        ? found
        : throw new CommandFailure(
            ExitCode.Usage, $"There is no context {name} in {Place}: `ingest context list` shows those there are.");
}

/// <summary>A node as a context names it.</summary>
/// <param name="Admin">Its admin listener.</param>
/// <param name="TokenFile">The file its token is in; null: none is needed, or it is said elsewhere.</param>
internal sealed record NodeContext(string Admin, string? TokenFile)
{
    /// <summary>The token; empty where no file is named.</summary>
    internal string ReadToken()
    {
        try
        {
            return TokenFile is { } file ? File.ReadAllText(file).Trim() : "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure(ExitCode.Unavailable, $"The token of this context cannot be read: {e.Message}");
        }
    }
}

/// <summary>Serializers of the file.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true)]
[JsonSerializable(typeof(ContextFile))]
internal sealed partial class ContextJson : JsonSerializerContext;

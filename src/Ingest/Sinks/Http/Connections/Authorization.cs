using System.Text;

namespace Ingest.Sinks.Http.Connections;

/// <summary>
/// The value of the header <c>Authorization</c>: a scheme, and what the first line of a file makes of it. The file is read again when it
/// changes; a change that no header can carry leaves what was known. Any thread.
/// </summary>
internal sealed class Authorization
{
    private readonly string _prefix;
    private readonly string? _user;
    private readonly SecretFile _file;

    private Authorization(string scheme, string path, TimeProvider time, string? user = null)
    {
        (_prefix, _user) = (scheme + " ", user);
        // Base64 carries any character.
        _file = new SecretFile(path, time, lines => user is not null || HeaderRules.IsValue(lines[0])
            ? null
            : $"the token in {path} has characters that no header can carry");
    }

    /// <summary>The value as of now.</summary>
    /// <exception cref="IOException">See <see cref="SecretFile.Lines"/>.</exception>
    /// <exception cref="UnauthorizedAccessException">See <see cref="SecretFile.Lines"/>.</exception>
    internal string Value => _prefix
        + (_user is null ? _file.Lines[0] : Convert.ToBase64String(Encoding.UTF8.GetBytes($"{_user}:{_file.Lines[0]}")));

    /// <summary>Reads the file at the next use: the other side refused what it said.</summary>
    internal void Distrust() => _file.Distrust();

    /// <summary>What the settings say; null for none.</summary>
    /// <param name="options">Valid options: at most one way.</param>
    /// <param name="full">Makes paths absolute.</param>
    /// <param name="time">Counts how often the file is looked at.</param>
    internal static Authorization? Of(HttpSinkOptions options, Func<string, string> full, TimeProvider time) => options switch
    {
        { BearerFile.Length: > 0 } => new Authorization("Bearer", full(options.BearerFile), time),
        { BasicPasswordFile.Length: > 0 } => new Authorization("Basic", full(options.BasicPasswordFile), time, options.BasicUser),
        { AuthorizationFile.Length: > 0 } => new Authorization(options.AuthorizationScheme, full(options.AuthorizationFile), time),
        _ => null,
    };
}

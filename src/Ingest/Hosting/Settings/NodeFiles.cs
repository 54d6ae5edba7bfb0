using System.Security.Cryptography;
using Ingest.Hosting.Server;
using Ingest.Intake;
using Ingest.Intake.Keys;
using Ingest.Sinks.Contract;

namespace Ingest.Hosting.Settings;

/// <summary>
/// What is wrong with the files that settings name. Looked at before a node touches anything, and by <c>ingest config check</c>; not
/// where a log is only drained, perhaps on a machine that has none of them.
/// </summary>
public static class NodeFiles
{
    /// <summary>Throws when anything is wrong with them.</summary>
    /// <exception cref="SettingsException">One line per file.</exception>
    public static void ThrowIfWrong(NodeSettings settings)
    {
        if (Check(settings) is { Count: > 0 } errors)
        {
            throw new SettingsException(errors);
        }
    }

    /// <summary>One error per file; none when all are what they should be.</summary>
    public static IReadOnlyList<SettingError> Check(NodeSettings settings)
    {
        var intake = settings.Get<IntakeOptions>();
        var listen = settings.Get<ListenerOptions>();
        SettingError?[] errors =
        [
            Try("Intake:KeysFile", intake.KeysFile, path => KeyFile.Parse(KeyFile.Read(path), KeyRing.Empty, TimeProvider.System)),
            Try("Intake:IntrospectionAuthorizationFile", intake.IntrospectionAuthorizationFile, path =>
                IntrospectionClient.ReadAuthorization(path)),
            Try("Listen:CertificatePath", listen.CertificatePath, _ => ListenCertificates.Server(listen).Dispose()),
            Try("Listen:ClientAuthoritiesPath", listen.ClientAuthoritiesPath, _ => ListenCertificates.Authorities(listen)),
        ];
        return [.. errors.OfType<SettingError>()];

        SettingError? Try(string key, string path, Action<string> read)
        {
            if (path.Length == 0)
            {
                return null;
            }
            try
            {
                read(path);
                return null;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or CryptographicException)
            {
                var source = settings.Effective().First(entry => entry.Setting.Key == key).Source;
                return new SettingError(key, path, e is IOException or UnauthorizedAccessException ? Unreadable(e) : e.Message, source);
            }
        }
    }

    /// <summary>One error per file that a sink's settings name and that is not what it should be.</summary>
    /// <param name="settings">The node's settings.</param>
    /// <param name="factories">Kinds of sinks there are.</param>
    public static IEnumerable<SettingError> CheckSinks(NodeSettings settings, IReadOnlyList<ISinkFactory> factories)
    {
        var data = Path.GetFullPath(settings.Get<NodeOptions>().Data);
        foreach (var sink in settings.PublishTo is { } publishing ? settings.Sinks.Append(publishing) : settings.Sinks)
        {
            var section = settings.ToConfiguration().GetSection(sink.Section);
            var factory = factories.FirstOrDefault(candidate => candidate.Kind == sink.Kind);
            foreach (var file in factory?.CheckFiles(section, data) ?? [])
            {
                var key = $"{section.Path}:{file.Key}";
                var source = settings.Effective()
                    .FirstOrDefault(entry => entry.Setting.Key.Equals(key, StringComparison.OrdinalIgnoreCase))?.Source ?? "";
                yield return new SettingError(key, file.Path, file.Problem, source);
            }
        }
    }

    private static string Unreadable(Exception e) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException => "there is no such file.",
        UnauthorizedAccessException => "the file may not be read by this user.",
        _ => e.Message,
    };
}

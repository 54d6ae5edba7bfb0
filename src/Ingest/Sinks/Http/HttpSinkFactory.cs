using Ingest.Sinks.Contract;
using Ingest.Sinks.Http.Connections;
using Ingest.Sinks.Http.Requests;
using Microsoft.Extensions.Configuration;

namespace Ingest.Sinks.Http;

/// <summary>Makes sinks of kind <c>http</c>.</summary>
public sealed class HttpSinkFactory : ISinkFactory
{
    /// <inheritdoc/>
    public string Kind => "http";

    /// <inheritdoc/>
    public Type OptionsType => typeof(HttpSinkOptions);

    /// <inheritdoc/>
    public ISink Create(SinkSetup setup)
    {
        var options = SinkSettings.Bind<HttpSinkOptions>(setup.Settings);
        if (options.Contradictions().FirstOrDefault() is not null || !UrlTemplate.TryParse(options.Url, out var url))
        {
            throw new InvalidOperationException($"{setup.Settings.Path}: {options.Contradictions().First()}");
        }
        return new HttpSink(setup, options, url);
    }

    /// <inheritdoc/>
    public IEnumerable<SinkFileProblem> CheckFiles(IConfigurationSection settings, string dataDirectory)
    {
        var options = SinkSettings.Bind<HttpSinkOptions>(settings);
        // Each file alone, so that the message names its key.
        (string Key, string Path, HttpSinkOptions Alone)[] files =
        [
            (nameof(options.BearerFile), options.BearerFile, new() { BearerFile = options.BearerFile }),
            (nameof(options.BasicPasswordFile), options.BasicPasswordFile, new() { BasicPasswordFile = options.BasicPasswordFile }),
            (nameof(options.AuthorizationFile), options.AuthorizationFile, new() { AuthorizationFile = options.AuthorizationFile }),
            (nameof(options.HeadersFile), options.HeadersFile, new() { HeadersFile = options.HeadersFile }),
            (nameof(options.ProxyPasswordFile), options.ProxyPasswordFile, new()
            {
                Proxy = "http://localhost", ProxyPasswordFile = options.ProxyPasswordFile,
            }),
            (nameof(options.SigningFile), options.SigningFile, new() { SigningFile = options.SigningFile }),
            (nameof(options.TrustPath), options.TrustPath, new() { TrustPath = options.TrustPath }),
            (nameof(options.CertificatePath), options.CertificatePath, new()
            {
                CertificatePath = options.CertificatePath, CertificateKeyPath = options.CertificateKeyPath,
            }),
        ];
        foreach (var (key, path, alone) in files.Where(file => file.Path.Length > 0))
        {
            if (Problem(new HttpCredentials(alone, dataDirectory, TimeProvider.System)) is { } problem)
            {
                yield return new SinkFileProblem(key, path, problem);
            }
        }
    }

    private static string? Problem(HttpCredentials credentials)
    {
        try
        {
            credentials.Check();
            credentials.Tls();
            return null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return "there is no such file.";
        }
        catch (Exception e) when (HttpCredentials.Problem(e) is { } problem)
        {
            return problem;
        }
    }
}

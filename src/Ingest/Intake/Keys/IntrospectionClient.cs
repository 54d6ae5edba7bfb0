using System.Net.Http.Headers;
using System.Text.Json;
using Ingest.Events;

namespace Ingest.Intake.Keys;

/// <summary>
/// Asks an OAuth 2.0 token introspection endpoint (RFC 7662). A token is a producer's if it is active; its <c>scope</c> says what it may
/// send to: <c>ingest</c> for all streams, <c>ingest:NAME</c> for one. A token with neither may send nothing.
/// </summary>
internal sealed class IntrospectionClient : IDisposable
{
    private const string AllStreams = "ingest";
    private const string OneStream = "ingest:";
    private const int AnswerBytesMax = 64 * 1024;

    private readonly HttpClient _http;
    private readonly Uri _url;
    private readonly AuthenticationHeaderValue? _authorization;
    private readonly TimeProvider _time;

    /// <param name="options">URL, credentials, timeout.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="ArgumentException">A setting is wrong; the message names key and value.</exception>
    /// <exception cref="FormatException">The file with the credentials holds none.</exception>
    /// <exception cref="IOException">The file with the credentials cannot be read.</exception>
    internal IntrospectionClient(IntakeOptions options, TimeProvider time)
    {
        if (!IntakeRules.IsHttp(options.IntrospectionUrl))
        {
            throw new ArgumentException($"Intake:IntrospectionUrl = \"{options.IntrospectionUrl}\": expected an http or https URL.");
        }
        (_url, _time) = (new Uri(options.IntrospectionUrl), time);
        if (options.IntrospectionAuthorizationFile.Length > 0)
        {
            _authorization = ReadAuthorization(options.IntrospectionAuthorizationFile);
        }
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = options.IntrospectionTimeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            MaxConnectionsPerServer = TokenIntrospection.QuestionsMax,
            AllowAutoRedirect = false,
            UseCookies = false,
        };
        _http = new HttpClient(handler) { Timeout = options.IntrospectionTimeout, MaxResponseContentBufferSize = AnswerBytesMax };
    }

    /// <summary>The credentials in a file.</summary>
    /// <exception cref="FormatException">There are none.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    internal static AuthenticationHeaderValue ReadAuthorization(string path) =>
        AuthenticationHeaderValue.TryParse(File.ReadLines(path).FirstOrDefault()?.Trim(), out var parsed)
            ? parsed
            : throw new FormatException("the first line is no Authorization header such as Basic QWxh….");

    /// <summary>What the endpoint says of the token; null when it is not active.</summary>
    internal async Task<IntrospectedToken?> AskAsync(string token, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _url)
        {
            Content = new FormUrlEncodedContent([new("token", token), new("token_type_hint", "access_token")]),
        };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        request.Headers.Authorization = _authorization;
        using var response = await _http.SendAsync(request, cancel);
        response.EnsureSuccessStatusCode();
        using var document = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancel));
        return Read(document.RootElement, _time.GetUtcNow());
    }

    public void Dispose() => _http.Dispose();

    internal static IntrospectedToken? Read(JsonElement answer, DateTimeOffset now)
    {
        if (answer.ValueKind != JsonValueKind.Object || !answer.TryGetProperty("active", out var active)
            || active.ValueKind != JsonValueKind.True)
        {
            return null;
        }
        TimeSpan? left = answer.TryGetProperty("exp", out var exp) && exp.TryGetInt64(out var seconds)
            ? DateTimeOffset.FromUnixTimeSeconds(seconds) - now
            : null;
        if (left <= TimeSpan.Zero)
        {
            return null;
        }
        var name = Text(answer, "client_id") ?? Text(answer, "sub") ?? Text(answer, "username") ?? "";
        var scopes = (Text(answer, "scope") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var streams = scopes.Contains(AllStreams)
            ? null
            : scopes.Where(scope => scope.StartsWith(OneStream, StringComparison.Ordinal)).Select(scope => scope[OneStream.Length..])
                .Where(stream => StreamName.IsValid(stream)).ToHashSet(StringComparer.Ordinal);
        return new IntrospectedToken(new Producer(name, streams), left);
    }

    private static string? Text(JsonElement answer, string name) =>
        answer.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

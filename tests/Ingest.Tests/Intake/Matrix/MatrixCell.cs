using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Ingest.Events;

namespace Ingest.Tests.Intake.Matrix;

/// <summary>One format in one encoding, at a server that all cells share.</summary>
internal sealed class MatrixCell(IntakeServer server, SentFormat format, SentEncoding encoding, int number)
{
    internal SentFormat Format => format;

    /// <summary>No other cell has it.</summary>
    internal string Id { get; } = number.ToString(CultureInfo.InvariantCulture);

    internal string Body => Own(format.Body);

    internal string[] Payloads => [.. format.Payloads.Select(Own)];

    internal string Large => Own(format.Large.Start) + new string('x', SentFeature.EventBytesMax) + format.Large.End;

    /// <summary>Sends it.</summary>
    /// <param name="body">Instead of the format's own.</param>
    /// <param name="isChunked">Without a Content-Length.</param>
    /// <param name="cut">Bytes missing at the end.</param>
    /// <param name="headers">Beside the format's own.</param>
    internal async Task<MatrixAnswer> PostAsync(
        string? body = null, bool isChunked = false, int cut = 0, params (string Name, string Value)[] headers)
    {
        var encoded = encoding.Encode(Encoding.UTF8.GetBytes(body is null ? Body : Own(body)));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/events")
        {
            Content = new ByteArrayContent(encoded, 0, encoded.Length - cut),
        };
        request.Headers.TransferEncodingChunked = isChunked;
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(format.ContentType);
        if (encoding.Header is { } header)
        {
            request.Content.Headers.TryAddWithoutValidation("Content-Encoding", header);
        }
        foreach (var (name, value) in format.Headers.Concat(headers))
        {
            request.Headers.TryAddWithoutValidation(name, Own(value));
        }
        using var response = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return new MatrixAnswer((int)response.StatusCode, text, response.Headers.Contains("Idempotent-Replayed"), Stored(text));
    }

    private string Own(string text) => text.Replace("@", Id, StringComparison.Ordinal);

    private IReadOnlyList<StoredEvent> Stored(string text)
    {
        using var answer = JsonDocument.Parse(text);
        if (!answer.RootElement.TryGetProperty("first", out var first))
        {
            return [];
        }
        var last = answer.RootElement.GetProperty("last").GetInt64();
        return [.. server.Queue.Events.Where(stored => stored.Sequence >= first.GetInt64() && stored.Sequence <= last)];
    }
}

/// <summary>What came.</summary>
/// <param name="Status">The status.</param>
/// <param name="Text">The body.</param>
/// <param name="IsReplay">It is the first answer once more.</param>
/// <param name="Stored">The events it numbers.</param>
internal sealed record MatrixAnswer(int Status, string Text, bool IsReplay, IReadOnlyList<StoredEvent> Stored)
{
    /// <summary>The status and the code.</summary>
    internal string Word
    {
        get
        {
            using var answer = JsonDocument.Parse(Text);
            return answer.RootElement.TryGetProperty("code", out var code)
                ? string.Create(CultureInfo.InvariantCulture, $"{Status} {code.GetString()}")
                : Status.ToString(CultureInfo.InvariantCulture);
        }
    }
}

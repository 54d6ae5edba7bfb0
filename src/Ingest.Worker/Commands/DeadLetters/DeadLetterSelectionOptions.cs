using System.CommandLine;
using System.Text.Json;
using Ingest.Operations.Letters;
using Ingest.Worker.Remote;

namespace Ingest.Worker.Commands.DeadLetters;

/// <summary>The words that say which dead letters to change: their ids, a filter, or all.</summary>
internal sealed class DeadLetterSelectionOptions
{
    private readonly Argument<string[]> _ids = new Argument<string[]>("ID")
    {
        Arity = ArgumentArity.ZeroOrMore,
        Description = "Letters, LANE/SEQUENCE each: `ingest deadletters list`.",
    }.Must(DeadLetterFilterOptions.SomeId, DeadLetterFilterOptions.IsId);

    private readonly Option<bool> _all = new("--all") { Description = "All there are." };
    private readonly DeadLetterFilterOptions _filter = new();

    internal void AddTo(Command command)
    {
        command.Add(_ids);
        _filter.AddTo(command);
        command.Add(_all);
    }

    /// <summary>Whether each letter was named.</summary>
    internal bool AreNamed(ParseResult parsed) => parsed.GetValue(_ids) is { Length: > 0 };

    internal DeadLetterRequest Read(ParseResult parsed)
    {
        var ids = parsed.GetValue(_ids) is { Length: > 0 } named ? named : null;
        var request = new DeadLetterRequest { Ids = ids, Filter = _filter.Read(parsed), All = parsed.GetValue(_all) };
        if ((request.Ids is null ? 0 : 1) + (request.Filter is null ? 0 : 1) + (request.All ? 1 : 0) != 1)
        {
            throw new CommandFailure(ExitCode.Usage, "Say which letters: ids, or a filter such as --lane and --reason, or --all.");
        }
        return request;
    }

    internal static async Task<DeadLetterChangeAnswer> PostAsync(AdminClient client, string path, DeadLetterRequest request,
        CancellationToken cancel)
    {
        using var body = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(request, DeadLetterJson.Plain.DeadLetterRequest));
        var answer = await client.TextAsync(HttpMethod.Post, path, body, cancel);
        return JsonSerializer.Deserialize(answer, DeadLetterJson.Default.DeadLetterChangeAnswer)!;
    }
}

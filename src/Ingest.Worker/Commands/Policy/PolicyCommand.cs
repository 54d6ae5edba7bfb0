using System.CommandLine;
using System.Net.Http.Headers;
using System.Text.Json;
using Ingest.Operations.Status;
using Ingest.Worker.Commands.Output;
using Ingest.Worker.Remote;
using Ingest.Worker.Terminal;

namespace Ingest.Worker.Commands.Policy;

/// <summary><c>ingest policy</c>: what an operator changes on the running node, without a restart.</summary>
internal static class PolicyCommand
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    internal static Command Create() => new("policy", "Look at the policy of a running node, and change it without a restart.")
    {
        CreateShow(), CreateSet(),
    };

    private static Command CreateShow()
    {
        var command = new Command(
            "show", "Print the policy in force, and where it comes from. With --json: the policy alone, fit for `set`.");
        var address = new AdminAddress();
        address.AddTo(command);
        var output = OutputOption.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = address.Connect(parsed);
            var policy = await client.TextAsync(HttpMethod.Get, "/policy", content: null, cancel);
            if (output.Read(parsed) is { IsDocument: true } printing)
            {
                printing.Print(Pretty(policy));
                return ExitCode.Fine;
            }
            var status = await client.StatusAsync(cancel);
            Screen.Lines(Pretty(policy));
            return Report(status.Policy);
        });
        return command;
    }

    private static Command CreateSet()
    {
        var command = new Command(
            "set",
            "Replace the policy by a file's content, or change single members of it: enabled=false rateLimit=5000 "
            + "streams.clicks.enabled=false keys.shop.rateLimit=100; null takes a limit away. It is in force on return.");
        var changes = new Argument<string[]>("FILE|MEMBER=VALUE")
        {
            Description = "A file with the whole policy, - for standard input, or the members to change.",
            Arity = ArgumentArity.OneOrMore,
        };
        command.Add(changes);
        var output = OutputOption.AddTo(command);
        var address = new AdminAddress();
        address.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = address.Connect(parsed);
            var given = parsed.GetRequiredValue(changes);
            var members = given.All(word => word.Contains('=', StringComparison.Ordinal));
            if (!members && given.Length > 1)
            {
                throw new CommandFailure(ExitCode.Usage, "One file, or members as NAME=VALUE; not both.");
            }
            await (members ? ChangeAsync(client, given, cancel) : ReplaceAsync(client, await ReadAsync(given[0], cancel), null, cancel));
            if (output.Read(parsed) is { IsDocument: true } printing)
            {
                printing.Print(Pretty(await client.TextAsync(HttpMethod.Get, "/policy", content: null, cancel)));
                return ExitCode.Fine;
            }
            Screen.Line("The policy is in force.");
            return ExitCode.Fine;
        });
        return command;
    }

    // With the tag of what was read: what is set in between is not undone.
    private static async Task ChangeAsync(AdminClient client, string[] changes, CancellationToken cancel)
    {
        using var shown = await client.SendAsync(HttpMethod.Get, "/policy", content: null, cancel);
        var before = await shown.Content.ReadAsStringAsync(cancel);
        await ReplaceAsync(client, PolicyMembers.Change(before, changes), shown.Headers.ETag, cancel);
    }

    private static Task<string> ReplaceAsync(AdminClient client, string policy, EntityTagHeaderValue? tag, CancellationToken cancel) =>
        client.TextAsync(HttpMethod.Put, "/policy", new StringContent(policy, new MediaTypeHeaderValue("application/json")), cancel, tag);

    private static async Task<string> ReadAsync(string file, CancellationToken cancel)
    {
        try
        {
            return file == "-" ? await Console.In.ReadToEndAsync(cancel) : await File.ReadAllTextAsync(file, cancel);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure(ExitCode.Unavailable, $"{file} cannot be read: {e.Message}");
        }
    }

    private static int Report(PolicyView? policy)
    {
        if (policy is null)
        {
            return ExitCode.Fine;
        }
        Screen.Fact("File", policy.Path);
        Screen.Fact("Since", policy.AppliedAt is { } since
            ? $"{Humanize.Time(since.ToUnixTimeMilliseconds())}, {Humanize.Count(policy.Changes, "change")} since the start"
            : "nothing was ever written; these are the defaults");
        if (policy.Error is not { } error)
        {
            return ExitCode.Fine;
        }
        Screen.Fact("WRONG", $"the file as it is now is not in force: {error}");
        return ExitCode.NotFine;
    }

    private static string Pretty(string json)
    {
        using var document = JsonDocument.Parse(json);
        return JsonSerializer.Serialize(document.RootElement, Indented);
    }
}

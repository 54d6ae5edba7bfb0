using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Ingest.Worker.Commands;

/// <summary>Help with command lines to copy below it.</summary>
/// <param name="inner">Writes the rest of the help.</param>
internal sealed class Examples(HelpAction inner) : SynchronousCommandLineAction
{
    // By the words after `ingest`. A command that holds others shows the first of each of theirs.
    private static readonly Dictionary<string, string[]> Lines = new(StringComparer.Ordinal)
    {
        ["serve"] =
        [
            "ingest serve --data /var/lib/ingest",
            "ingest serve --sink kafka --set Sinks:Kafka:BootstrapServers=localhost:9092",
        ],
        ["status"] =
        [
            "ingest status", "ingest status --watch", "ingest status --since 10m", "ingest status -o yaml",
            "ingest status --admin http://10.0.0.7:8081",
        ],
        ["top"] = ["ingest top", "ingest top --every 1s"],
        ["drain"] =
        [
            "ingest drain --deadline 2m",
            "ingest drain --data /mnt/dead-node --sink kafka --set Sinks:Kafka:BootstrapServers=localhost:9092",
        ],
        ["resume"] = ["ingest resume"],
        ["lanes list"] = ["ingest lanes list", "ingest lanes list -o wide --watch"],
        ["lanes rewind"] =
        [
            "ingest lanes rewind kafka --to 2026-11-21T08:00:00Z", "ingest lanes rewind kafka --to 1842113 --yes",
        ],
        ["lanes try"] = ["ingest lanes try kafka"],
        ["lanes parked list"] = ["ingest lanes parked list kafka", "ingest lanes parked list kafka --stream orders -o json"],
        ["lanes parked try"] = ["ingest lanes parked try kafka --stream orders"],
        ["lanes parked deadletter"] = ["ingest lanes parked deadletter kafka --event 1842113"],
        ["lanes parked drop"] = ["ingest lanes parked drop kafka --stream orders"],
        ["lanes forget"] = ["ingest lanes forget old-http"],
        ["policy show"] = ["ingest policy show", "ingest policy show --json >policy.json"],
        ["policy set"] =
        [
            "ingest policy set streams.clicks.enabled=false",
            "ingest policy set rateLimit=20000 keys.shop.rateLimit=500",
            "ingest policy set policy.json",
        ],
        ["tail"] =
        [
            "ingest tail --stream orders", "ingest tail --from 2026-11-21T08:00:00Z --limit 100 --no-follow --json",
        ],
        ["bench"] = ["ingest bench http://127.0.0.1:8080 --rate 2000 --duration 30s"],
        ["verify send"] =
        [
            "ingest verify send http://127.0.0.1:8080 --journal /var/tmp/verify --duration 1m",
            "ingest verify send http://127.0.0.1:8080 --journal /var/tmp/verify --rate 2000 --keys 1000 --events 100000",
        ],
        ["verify check"] =
        [
            "ingest verify check --journal /var/tmp/verify --file /var/lib/ingest/out",
            "ingest verify check --journal /var/tmp/verify --kafka localhost:9092 --topic verify --no-duplicates",
            "ingest verify check --journal /var/tmp/verify --http http://127.0.0.1:9900",
        ],
        ["verify run"] =
        [
            "ingest verify run http://127.0.0.1:8080 --journal /var/tmp/verify --http http://127.0.0.1:9900",
        ],
        ["deadletters list"] =
        [
            "ingest deadletters list --lane http --since 2026-11-21", "ingest deadletters list --group-by reason,stream",
        ],
        ["deadletters show"] = ["ingest deadletters show http/1842113", "ingest deadletters show http/1842113 --payload"],
        ["deadletters requeue"] =
        [
            "ingest deadletters requeue http/1842113", "ingest deadletters requeue --reason 413 --no-wait",
        ],
        ["deadletters drop"] = ["ingest deadletters drop http/1842113", "ingest deadletters drop --stream test --yes"],
        ["deadletters export"] = ["ingest deadletters export --lane http --output letters.ndjson"],
        ["wal inspect"] = ["ingest wal inspect /var/lib/ingest"],
        ["wal verify"] = ["ingest wal verify /var/lib/ingest"],
        ["wal dump"] = ["ingest wal dump /var/lib/ingest --from 1842113 --to 1842120", "ingest wal dump /var/lib/ingest --frames"],
        ["wal repair"] = ["ingest wal repair /var/lib/ingest", "ingest wal repair /var/lib/ingest --apply"],
        ["fleet"] = ["ingest fleet", "ingest fleet -o wide --watch"],
        ["doctor"] = ["ingest doctor", "ingest doctor --config /etc/ingest/ingest.json -o json"],
        ["support-bundle"] = ["ingest support-bundle --config /etc/ingest/ingest.json"],
        ["debug trace"] = ["ingest debug trace --seconds 10 --out node.nettrace"],
        ["debug gcdump"] = ["ingest debug gcdump --out heap.nettrace"],
        ["audit"] = ["ingest audit --since 2026-11-21", "ingest audit --action deadletters --watch"],
        ["config show"] = ["ingest config show --changed", "ingest config show --config /etc/ingest/ingest.json -o json"],
        ["config check"] = ["ingest config check --config /etc/ingest/ingest.json"],
        ["config document"] = ["ingest config document >docs/configuration.md"],
        ["context list"] = ["ingest context list"],
        ["context set"] = ["ingest context set north --admin http://10.0.0.7:8081 --token-file ~/.ingest-north"],
        ["context use"] = ["ingest context use north"],
        ["context remove"] = ["ingest context remove north"],
        ["completion bash"] = ["ingest completion bash >/etc/bash_completion.d/ingest"],
        ["completion zsh"] = ["ingest completion zsh >\"${fpath[1]}/_ingest\""],
        ["completion fish"] = ["ingest completion fish >~/.config/fish/completions/ingest.fish"],
        ["man"] = ["ingest man | man -l -", "ingest man >/usr/local/share/man/man1/ingest.1"],
    };

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <summary>What a command is called, from <c>ingest</c> on.</summary>
    internal static string PathOf(Command command)
    {
        var names = new List<string>();
        for (Symbol? symbol = command; symbol is Command and not RootCommand; symbol = symbol.Parents.FirstOrDefault())
        {
            names.Insert(0, symbol.Name);
        }
        return string.Join(' ', names.Prepend("ingest"));
    }

    /// <summary>The examples of a command; of one that holds others, the first of each of theirs.</summary>
    internal static IReadOnlyList<string> Of(Command command)
    {
        var path = PathOf(command);
        return path.IndexOf(' ', StringComparison.Ordinal) is var space and > 0 && Lines.TryGetValue(path[(space + 1)..], out var own)
            ? own
            : [.. command.Subcommands.Where(sub => !sub.Hidden).SelectMany(sub => Of(sub).Take(1))];
    }

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        var code = inner.Invoke(parseResult);
        var output = parseResult.InvocationConfiguration.Output;
        output.WriteLine("Examples:");
        foreach (var line in Of(parseResult.CommandResult.Command))
        {
            output.WriteLine($"  {line}");
        }
        output.WriteLine();
        return code;
    }
}

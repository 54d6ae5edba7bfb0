using System.CommandLine;
using System.Text.RegularExpressions;
using Ingest.Testing;
using Ingest.Worker.Commands;

namespace Ingest.Worker.Tests.Documents;

/// <summary>What the pages tell to type can be typed.</summary>
public sealed partial class DocumentedCommandTests
{
    [Fact]
    public void Every_command_in_a_block_of_a_page_is_one_that_the_executable_takes()
    {
        var root = CommandTree.Create();
        var lines = Document.All
            .SelectMany(page => page.ShellLines.SelectMany(ShellLine.Commands).Select(words => (page.Name, words)))
            .Where(entry => entry.words[0] == "ingest" && entry.words[1] != "peak")
            .ToList();

        Assert.True(lines.Count > 12, $"{lines.Count} commands were found.");
        foreach (var (page, words) in lines)
        {
            var parsed = root.Parse(GlobalFlags.Sort(root, words[1..]));
            Assert.True(
                parsed.Errors.Count == 0, $"{page}: {string.Join(' ', words)}: {string.Join(' ', parsed.Errors.Select(e => e.Message))}");
        }
    }

    [Fact]
    public void Every_command_in_a_sentence_of_a_page_has_the_name_and_the_flags_it_is_said_to_have()
    {
        var root = CommandTree.Create();
        var wrong = Document.All
            .SelectMany(page => page.Spans.Where(span => span.StartsWith("ingest ", StringComparison.Ordinal)).Select(span => (page, span)))
            .Select(entry => (entry.page, entry.span, Unknown: Unknown(root, entry.span)))
            .Where(entry => entry.Unknown is not null)
            .Select(entry => $"{entry.page.Name}: `{entry.span}`: {entry.Unknown}");

        Assert.Empty(wrong);
    }

    [Fact]
    public void Every_target_of_make_that_a_page_names_is_there()
    {
        var targets = Target().Matches(File.ReadAllText(Path.Combine(SourceTree.Root, "Makefile"))).Select(match => match.Groups[1].Value)
            .ToHashSet(StringComparer.Ordinal);
        var named = Document.All
            .SelectMany(page => page.ShellLines.Concat(page.Spans).SelectMany(ShellLine.Commands).Select(words => (page.Name, words)))
            .Where(entry => entry.words[0] == "make" && entry.words.Length > 1
                && entry.words[1].All(c => char.IsAsciiLetterLower(c) || c == '-'))
            .ToList();

        Assert.True(named.Count > 10, $"{named.Count} targets were found.");
        Assert.Empty(named.Where(entry => !targets.Contains(entry.words[1])).Select(entry => $"{entry.Name}: make {entry.words[1]}"));
    }

    // The first word or flag that no command knows; words in capitals and what stands in brackets are for the reader to fill in.
    private static string? Unknown(Command root, string span)
    {
        var at = root;
        foreach (var word in Word().Matches(span).Select(match => match.Value).Skip(1))
        {
            if (word.StartsWith("--", StringComparison.Ordinal))
            {
                var flag = word.Split('=')[0];
                var known = at.Options.Concat(at.Parents.OfType<Command>().SelectMany(parent => parent.Options));
                if (!known.Any(option => option.Name == flag || option.Aliases.Contains(flag)))
                {
                    return flag;
                }
            }
            else if (at.Subcommands.FirstOrDefault(command => word.Split('|').Contains(command.Name)) is { } command)
            {
                at = command;
            }
            else if (at.Subcommands.Count > 0)
            {
                return word;
            }
        }
        return null;
    }

    [GeneratedRegex(@"[^\s\[\]]+")]
    private static partial Regex Word();

    [GeneratedRegex(@"(?m)^([a-z][a-z-]*):")]
    private static partial Regex Target();
}

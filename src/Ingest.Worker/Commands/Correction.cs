using System.CommandLine;
using Ingest.Hosting.Settings.Values;

namespace Ingest.Worker.Commands;

/// <summary>What was probably meant by a word that the command does not know.</summary>
internal static class Correction
{
    /// <summary>One sentence for each such word that is near to one that exists.</summary>
    internal static IEnumerable<string> For(ParseResult parsed)
    {
        foreach (var word in parsed.UnmatchedTokens)
        {
            var (best, distance) = Known(parsed.CommandResult.Command, word)
                .Select(name => (Name: name, Distance: EditDistance.Between(word, name)))
                .OrderBy(known => known.Distance)
                .FirstOrDefault(("", int.MaxValue));
            // A third of the word may be wrong: more is another word.
            if (distance <= Math.Max(1, word.Length / 3))
            {
                yield return $"Did you mean `{best}`?";
            }
        }
    }

    private static IEnumerable<string> Known(Command command, string word)
    {
        if (!word.StartsWith('-'))
        {
            return command.Subcommands.Where(sub => !sub.Hidden).Select(sub => sub.Name);
        }
        var inherited = command.Parents.OfType<Command>().SelectMany(parent => parent.Options).Where(option => option.Recursive);
        return command.Options.Concat(inherited).Where(option => !option.Hidden).Select(option => option.Name);
    }
}

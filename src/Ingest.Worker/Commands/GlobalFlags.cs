using System.CommandLine;

namespace Ingest.Worker.Commands;

/// <summary>
/// Flags that say which node is meant may stand anywhere, also before the command: <c>ingest --admin URL lanes list</c>. They are moved
/// behind it, where the command declares them.
/// </summary>
internal static class GlobalFlags
{
    private static readonly string[] Names = ["--admin", "--context", "--token", "--config"];

    /// <summary>The command's name: the first word that is neither such a flag nor its value; null where there is none.</summary>
    internal static string? Command(string[] words)
    {
        for (var i = 0; i < words.Length; i++)
        {
            if (!words[i].StartsWith('-'))
            {
                return words[i];
            }
            i += Names.Contains(words[i], StringComparer.Ordinal) ? 1 : 0;
        }
        return null;
    }

    /// <summary>The same words, the flags behind the command's name.</summary>
    internal static string[] Sort(RootCommand root, string[] words)
    {
        var path = new List<string>();
        var flags = new List<string>();
        Command at = root;
        var i = 0;
        for (; i < words.Length && at.Subcommands.Count > 0; i++)
        {
            if (Array.Exists(Names, name => words[i].StartsWith(name + "=", StringComparison.Ordinal)))
            {
                flags.Add(words[i]);
            }
            else if (Names.Contains(words[i], StringComparer.Ordinal) && i + 1 < words.Length)
            {
                flags.AddRange(words[i..(i + 2)]);
                i++;
            }
            else if (at.Subcommands.FirstOrDefault(command => command.Name == words[i]) is { } command)
            {
                path.Add(words[i]);
                at = command;
            }
            else
            {
                break;
            }
        }
        // Without a command behind them they stay where they were: the message is about them.
        return path.Count > 0 ? [.. path, .. flags, .. words[i..]] : words;
    }
}

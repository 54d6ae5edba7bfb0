using System.Text;

namespace Ingest.Worker.Tests.Documents;

/// <summary>Reads a line of a document as a shell would, as far as documents go: words, quotes, comments, pipes, redirections.</summary>
internal static class ShellLine
{
    /// <summary>The commands of a line, each as its words, without redirections and what stands before the command's name.</summary>
    internal static IEnumerable<string[]> Commands(string line)
    {
        var words = new List<string>();
        foreach (var word in Words(line).Append("|"))
        {
            if (word is not ("|" or "||" or "&&" or ";" or "&"))
            {
                words.Add(word);
                continue;
            }
            var start = words.FindIndex(each => !each.Contains('=', StringComparison.Ordinal) && each is not ("sudo" or "-E" or "$"));
            if (start >= 0)
            {
                yield return [.. words.Skip(start)];
            }
            words.Clear();
        }
    }

    private static IEnumerable<string> Words(string line)
    {
        var word = new StringBuilder();
        var (isWord, isDropped, quote) = (false, false, '\0');
        foreach (var character in line + " ")
        {
            if (quote != '\0')
            {
                _ = character == quote ? word.Append("") : word.Append(character);
                quote = character == quote ? '\0' : quote;
            }
            else if (character is '"' or '\'')
            {
                (quote, isWord) = (character, true);
            }
            else if (character is ' ' or '|' or ';' or '&' or '>' or '<')
            {
                if (isWord && !isDropped)
                {
                    yield return word.ToString();
                }
                // The word behind an arrow is a file.
                isDropped = (isDropped && !isWord) || character is '>' or '<';
                word.Clear();
                isWord = false;
                if (character is '|' or ';' or '&')
                {
                    yield return character.ToString();
                }
            }
            else if (character == '#' && !isWord)
            {
                yield break;
            }
            else
            {
                word.Append(character);
                isWord = true;
            }
        }
    }
}

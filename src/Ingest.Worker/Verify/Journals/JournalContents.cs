using System.Globalization;
using System.Text;
using Ingest.Worker.Verify.Judging;

namespace Ingest.Worker.Verify.Journals;

/// <summary>A journal as it was read: the run, and what became of each event.</summary>
internal sealed class JournalContents
{
    private const int Accepted = 202;

    private readonly string _path;
    private long _line;

    private JournalContents(string path) => _path = path;

    /// <summary>The run; empty where there is no journal, or none with a first line.</summary>
    internal string Run { get; private set; } = "";

    /// <summary>What became of each event, as far as producers know.</summary>
    internal Ledger Ledger { get; } = new();

    /// <summary>Reads a journal; what a kill left of its last line is not read.</summary>
    /// <exception cref="CommandFailure">A newer build wrote it, or it is none.</exception>
    internal static JournalContents Read(string path)
    {
        var contents = new JournalContents(path);
        if (File.Exists(path))
        {
            Lines.Read(path, 0, contents.Take);
        }
        return contents;
    }

    private void Take(ReadOnlySpan<byte> line)
    {
        _line++;
        if (_line == 1)
        {
            TakeHead(Encoding.UTF8.GetString(line));
            return;
        }
        Span<long> numbers = stackalloc long[4];
        if (line.StartsWith("> "u8) && TryRead(line[2..], numbers[..3]))
        {
            Ledger.Send((int)numbers[0], numbers[1], (int)numbers[2]);
        }
        else if (line.StartsWith("< "u8) && TryRead(line[2..], numbers))
        {
            Ledger.Answer((int)numbers[0], numbers[1], (int)numbers[2], OutcomeOf(numbers[3]));
        }
        else
        {
            throw Damaged();
        }
    }

    private void TakeHead(string line)
    {
        if (line.Split(' ') is not ["ingest-verify", var version, ..])
        {
            throw new CommandFailure(ExitCode.Unavailable, $"{_path} is no journal of `ingest verify`. Choose another directory.");
        }
        if (version != Journal.Version.ToString(CultureInfo.InvariantCulture))
        {
            throw new CommandFailure(
                ExitCode.Unavailable,
                $"{_path} was written by a newer build (version {version}; this build reads {Journal.Version}). Use that build.");
        }
        Run = line[(line.LastIndexOf(' ') + 1)..];
        if (Run.Length != EventText.RunDigits)
        {
            throw Damaged();
        }
    }

    // A 4xx promises that nothing is stored. Anything else but 202 leaves it open.
    private static Outcome OutcomeOf(long status) => status switch
    {
        Accepted => Outcome.Accepted,
        >= 400 and < 500 => Outcome.Refused,
        _ => Outcome.Unknown,
    };

    // Whole numbers from 0, one blank between them; what follows is for people.
    private static bool TryRead(ReadOnlySpan<byte> text, Span<long> numbers)
    {
        for (var i = 0; i < numbers.Length; i++)
        {
            var end = text.IndexOf((byte)' ');
            var word = end < 0 ? text : text[..end];
            if (!long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i]))
            {
                return false;
            }
            text = end < 0 ? [] : text[(end + 1)..];
        }
        return numbers[0] <= Ledger.KeysMax && numbers[1] > 0 && numbers[2] > 0 && numbers[1] + numbers[2] <= Ledger.NumberMax;
    }

    private CommandFailure Damaged() => new(
        ExitCode.Unavailable,
        string.Create(CultureInfo.InvariantCulture, $"Line {_line} of {_path} is no line of a journal: the file is damaged. Use another."));
}

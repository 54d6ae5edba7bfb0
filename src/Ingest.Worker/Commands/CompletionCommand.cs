using System.CommandLine;

namespace Ingest.Worker.Commands;

/// <summary><c>ingest completion</c>: prints what makes a shell complete the commands, flags and values of this executable.</summary>
internal static class CompletionCommand
{
    // Each asks the executable itself, so that the words are always those of the version on the path.
    private const string Bash = """
        # bash completion for ingest: ingest completion bash >/etc/bash_completion.d/ingest, or eval "$(ingest completion bash)"
        _ingest() {
          local word=${COMP_WORDS[COMP_CWORD]} found
          found=$(ingest "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null) || return
          mapfile -t COMPREPLY < <(compgen -W "$found" -- "$word")
        }
        complete -o default -F _ingest ingest

        """;

    private const string Zsh = """
        #compdef ingest
        # zsh completion for ingest: ingest completion zsh >"${fpath[1]}/_ingest"
        _ingest() {
          local -a found
          found=("${(@f)$(ingest "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)}")
          if (( ${#found} )) && [[ -n $found[1] ]]; then compadd -- $found; else _files; fi
        }
        compdef _ingest ingest

        """;

    private const string Fish = """
        # fish completion for ingest: ingest completion fish >~/.config/fish/completions/ingest.fish
        function __ingest_complete
          set -l line (commandline -cp)
          set -l found (ingest "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null)
          if set -q found[1]
            printf '%s\n' $found
          else
            __fish_complete_path (commandline -ct)
          end
        end
        complete -c ingest -f -a '(__ingest_complete)'

        """;

    internal static Command Create() => new("completion", "Print a script that completes commands and flags in your shell.")
    {
        Create("bash", Bash), Create("zsh", Zsh), Create("fish", Fish),
    };

    private static Command Create(string shell, string script)
    {
        var command = new Command(shell, $"Print the script for {shell}; its first line says where to put it.");
        command.SetAction(_ =>
        {
            Console.Out.Write(script.ReplaceLineEndings("\n"));
            return ExitCode.Fine;
        });
        return command;
    }
}

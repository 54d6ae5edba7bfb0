namespace Ingest.Worker.Commands.Output;

/// <summary>In which form a command prints what it found.</summary>
internal enum OutputFormat
{
    /// <summary>For people, in the columns that matter most.</summary>
    Table,

    /// <summary>For people, in all columns.</summary>
    Wide,

    /// <summary>One line of JSON.</summary>
    Json,

    /// <summary>YAML, a document each.</summary>
    Yaml,
}

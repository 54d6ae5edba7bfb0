using System.ComponentModel.DataAnnotations;

namespace Ingest.Tests.Hosting.Settings;

internal enum DistantMode
{
    Calm,
    Quick,
}

internal sealed class FolderOptions
{
    public string Directory { get; set; } = "";
}

internal sealed class DistantOptions : IValidatableObject
{
    public DistantMode Mode { get; set; }

    public bool Gentle { get; set; }

    [Range(0.1, 1.0)]
    public double Share { get; set; } = 0.5;

    [AllowedValues("low", "high")]
    public string Level { get; set; } = "low";

    public string? Password { get; set; }

    [Range(1024, 1024 * 1024)]
    public int BufferBytes { get; set; } = 4096;

    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(1);

    public string[] Places { get; set; } = [];

    public IDictionary<string, string> Extra { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public IEnumerable<string> Contradictions()
    {
        if (Places.Length > 0 && Level == "high")
        {
            yield return "Places and Level contradict each other.";
        }
    }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Gentle && Share > 0.5)
        {
            yield return new ValidationResult("must be at most 0.5 when Gentle.", [nameof(Share)]);
        }
    }
}

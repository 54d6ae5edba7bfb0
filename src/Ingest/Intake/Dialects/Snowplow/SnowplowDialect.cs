using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects.Snowplow;

/// <summary>The collector of Snowplow's trackers: batches by POST, one event by GET.</summary>
internal sealed class SnowplowDialect : IDialect
{
    private const string Batches = "/com.snowplowanalytics.snowplow/tp2";

    /// <inheritdoc/>
    public string Name => "snowplow";

    /// <inheritdoc/>
    public Type OptionsType => typeof(SnowplowDialectOptions);

    /// <inheritdoc/>
    public IEnumerable<DialectRoute> Routes(DialectOptions options)
    {
        var settings = (SnowplowDialectOptions)options;
        var batches = new SnowplowIntake(settings);
        yield return DialectRoute.Takes(Batches, batches);
        if (settings.Path.Length > 0 && settings.Path != Batches)
        {
            yield return DialectRoute.Takes(settings.Path, batches);
        }
        yield return DialectRoute.Takes("/i", new SnowplowPixelIntake(settings), HttpMethods.Get);
    }
}

/// <summary>Section <c>Dialects:snowplow</c>.</summary>
public sealed class SnowplowDialectOptions : DialectOptions
{
    /// <summary>Waits 4 s for pressure to pass by default: the trackers for Node.js and browsers give a request up after 5 s.</summary>
    public SnowplowDialectOptions() => AdmissionWait = TimeSpan.FromSeconds(4);

    /// <summary>A further path for batches, for trackers with a path of their own (<c>postPath</c>). Default none.</summary>
    [RegularExpression("(/[A-Za-z0-9._~-]+)*", ErrorMessage = "must be a path such as /com.example/track."),
     Description("A further path for batches, for trackers with a path of their own (postPath); empty: none.")]
    public string Path { get; set; } = "";
}

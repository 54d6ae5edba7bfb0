namespace Ingest.Intake.Dialects.KafkaRest;

/// <summary>The produce requests of the REST Proxy for Kafka, versions 1 and 2: a topic is a stream.</summary>
internal sealed class KafkaRestDialect : IDialect
{
    /// <inheritdoc/>
    public string Name => "kafkarest";

    /// <inheritdoc/>
    public Type OptionsType => typeof(DialectOptions);

    /// <inheritdoc/>
    public IEnumerable<DialectRoute> Routes(DialectOptions options)
    {
        var intake = new KafkaRestIntake(options);
        return
        [
            DialectRoute.Takes("/topics/{topic}", intake),
            DialectRoute.Takes("/topics/{topic}/partitions/{partition:int:min(0)}", intake),
        ];
    }
}

using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using Ingest.Sinks.Contract;
using Microsoft.Extensions.Configuration;

namespace Ingest.Kafka;

/// <summary>Makes Kafka sinks: kind <c>kafka</c>.</summary>
public sealed class KafkaSinkFactory : ISinkFactory
{
    /// <inheritdoc/>
    public string Kind => "kafka";

    /// <inheritdoc/>
    public Type OptionsType => typeof(KafkaOptions);

    /// <inheritdoc/>
    public string? Client => Librdkafka.Build?.ToString();

    /// <inheritdoc/>
    public ISink Create(SinkSetup setup)
    {
        var options = setup.Settings.Get<KafkaOptions>() ?? new KafkaOptions();
        if (FindFault(setup.Settings.Path, options) is { } fault)
        {
            throw new InvalidOperationException(fault);
        }
        var logger = setup.Loggers.CreateLogger("Ingest.Kafka." + setup.Name);
        return options.Delivery == KafkaDelivery.Transactions
            ? new KafkaTransactionSink(setup, options, logger)
            : new KafkaSink(setup.Name, options, setup.EpochOf, setup.Time, logger);
    }

    /// <inheritdoc/>
    public IEnumerable<SinkFileProblem> CheckFiles(IConfigurationSection settings, string dataDirectory)
    {
        var options = settings.Get<KafkaOptions>() ?? new KafkaOptions();
        (string Key, string? Path)[] files =
        [
            (nameof(options.SslCaLocation), options.SslCaLocation),
            (nameof(options.SslCertificateLocation), options.SslCertificateLocation),
            (nameof(options.SslKeyLocation), options.SslKeyLocation),
        ];
        // The client opens them by their path as it is: from the folder that the process runs in.
        return files
            .Where(file => file.Path is { Length: > 0 } path && !File.Exists(path) && !Directory.Exists(path))
            .Select(file => new SinkFileProblem(file.Key, file.Path!, "there is no such file."));
    }

    // Null, or the first thing that is wrong: key, value, range.
    private static string? FindFault(string section, KafkaOptions options)
    {
        if (FindOutOfRange(options) is var (name, value, range))
        {
            return $"{section}:{name} = '{value}': must be {range}.";
        }
        if (options.Validate(new ValidationContext(options)).FirstOrDefault() is { } fault)
        {
            return $"{section}:{fault.MemberNames.First()}: {fault.ErrorMessage}";
        }
        var unknown = Librdkafka.Check(ClientSettings.For(options, SendMode.Fast).Where(setting => !Librdkafka.IsManaged(setting.Key)));
        return unknown is null ? null : $"{section}: the Kafka client refuses a setting. {unknown}";
    }

    private static (string Name, string Value, string Range)? FindOutOfRange(KafkaOptions options)
    {
        foreach (var property in typeof(KafkaOptions).GetProperties())
        {
            if (property.GetCustomAttribute<RangeAttribute>() is { } range && !range.IsValid(property.GetValue(options)))
            {
                var value = Convert.ToString(property.GetValue(options), CultureInfo.InvariantCulture) ?? "";
                return (property.Name, value, $"between {range.Minimum} and {range.Maximum}");
            }
        }
        return null;
    }
}

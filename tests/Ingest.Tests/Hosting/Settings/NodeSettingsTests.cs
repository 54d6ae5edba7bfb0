using System.Collections;
using System.ComponentModel;
using System.Reflection;
using Ingest.Hosting.Settings;
using Ingest.Queue;
using Ingest.Testing;
using Microsoft.Extensions.Configuration;

namespace Ingest.Tests.Hosting.Settings;

public sealed class NodeSettingsTests
{
    private static readonly Dictionary<string, Type> Kinds = new(StringComparer.OrdinalIgnoreCase)
    {
        ["file"] = typeof(FolderOptions),
        ["distant"] = typeof(DistantOptions),
    };

    [Fact]
    public void Without_any_source_everything_is_as_the_classes_say()
    {
        var settings = Read();

        Assert.Empty(settings.Errors);
        Assert.Equal(8192, settings.Get<QueueOptions>().DepthItems);
        Assert.Equal(new SinkName("file", "file", Delivers: true), Assert.Single(settings.Sinks));
        Assert.All(settings.Effective(), setting => Assert.Equal("default", setting.Source));
        Assert.All(settings.Effective(), setting => Assert.Equal(setting.Setting.Default, setting.Value));
    }

    [Fact]
    public void Each_source_has_its_place_file_before_environment_before_flag()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(
            directory["beside.json"], """{"Wal":{"SegmentBytes":"1MiB","SegmentsAhead":3,"BytesMax":"64MiB","Retention":"1h"}}""");
        File.WriteAllText(
            directory["given.json"], """{"Wal":{"SegmentsAhead":4,"BytesMax":"65MiB","Retention":"2h"}} // remarks are fine""");
        var sources = new SettingsSources()
            .AddFile(directory["beside.json"], required: false)
            .AddFile(directory["given.json"], required: true)
            .AddEnvironment(new Hashtable { ["INGEST_Wal__BytesMax"] = "66MiB", ["INGEST_WAL__RETENTION"] = "3h", ["PATH"] = "/bin" })
            .AddAssignment("Wal:Retention=4h");

        var settings = Read(sources);

        Assert.Empty(settings.Errors);
        var wal = settings.Get<WalSettings>();
        Assert.Equal(1 << 20, wal.SegmentBytes);
        Assert.Equal(4, wal.SegmentsAhead);
        Assert.Equal(66L << 20, wal.BytesMax);
        Assert.Equal(TimeSpan.FromHours(4), wal.Retention);
        var shown = settings.Effective()
            .ToDictionary(setting => setting.Setting.Key, setting => (setting.Value, setting.Source, setting.Origin));
        Assert.Equal(("1MiB", $"file {directory["beside.json"]}", SettingOrigin.File), shown["Wal:SegmentBytes"]);
        Assert.Equal(("66MiB", "environment INGEST_Wal__BytesMax", SettingOrigin.Environment), shown["Wal:BytesMax"]);
        Assert.Equal(("4h", "--set", SettingOrigin.CommandLine), shown["Wal:Retention"]);
    }

    [Theory]
    [InlineData("Wal:SegmentBytes=12", "Wal:SegmentBytes = '12' (--set): must be 1MiB to 1GiB.")]
    [InlineData("Wal:SegmentBytes=big", "must be a number of bytes such as 65536, 64KiB, 64MiB, 1GiB or 64MB, 1MiB to 1GiB.")]
    [InlineData("Wal:SegmentBytes=4GiB", "1MiB to 1GiB")]
    [InlineData("Queue:DepthItems=1.5", "must be a whole number, 16 to 1048576.")]
    [InlineData("Queue:AdmissionWait=30", "must be a duration such as 250ms, 5s, 2m, 1h, 7d or 00:00:05, 0 to 1m.")]
    [InlineData("Queue:AdmissionWait=2m", "Queue:AdmissionWait = '2m' (--set): must be 0 to 1m.")]
    [InlineData("Deliver=nowhere", "'nowhere' (--set): is no kind of sink (distant, file) and Sinks:nowhere:Kind does not name one.")]
    [InlineData("Deliver=", "must name at least one sink: distant, file.")]
    [InlineData("Deliver=file,file", "names the sink file twice.")]
    [InlineData("Deliver=../x", "a sink's name is")]
    [InlineData("Sinks:distant:Mode=Sideways", "Sinks:distant:Mode = 'Sideways' (--set): must be one of Calm, Quick.")]
    [InlineData("Sinks:distant:Mode=1", "must be one of Calm, Quick.")]
    [InlineData("Sinks:distant:Gentle=maybe", "must be true or false.")]
    [InlineData("Sinks:distant:Share=NaN", "must be a number, 0.1 to 1.")]
    [InlineData("Sinks:distant:Level=middle", "must be one of low, high.")]
    [InlineData("Wal:SegmentByte=1MiB", "Wal:SegmentByte = '1MiB' (--set): there is no such key; did you mean Wal:SegmentBytes?")]
    [InlineData("SegmentBytes=1MiB", "did you mean Wal:SegmentBytes?")]
    [InlineData("Nothing:Like=This", "there is no such key; `ingest config show` lists all.")]
    [InlineData("Wal=8", "there is no such key")]
    [InlineData("Data:Deeper=8", "there is no such key")]
    [InlineData("novalue", "must be Key=Value")]
    [InlineData("Intake:Streams=ok,.no", "Intake:Streams = 'ok,.no' (--set): has \".no\": a stream's name has")]
    [InlineData("Intake:KeyPointers:orders=id", "Intake:KeyPointers:orders = 'id' (--set): must be a JSON pointer")]
    [InlineData("Intake:KeyPointers:.=/id", "names no stream")]
    [InlineData("Intake:IntrospectionUrl=ftp://a", "Intake:IntrospectionUrl = 'ftp://a' (--set): must be an http or https URL.")]
    [InlineData("Listen:Intake=http://*:80", "because Listen:Intake = 'http://*:80' can be reached from other machines")]
    [InlineData("Listen:ClientAuthoritiesPath=ca.pem", "asks for certificates, which needs Listen:Intake to be https.")]
    public void What_is_wrong_is_said_with_key_value_and_range(string assignment, string expected)
    {
        var error = Assert.Single(Read(assignment).Errors);

        Assert.Contains(expected, error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_error_is_reported_at_once()
    {
        var settings = Read("Wal:SegmentBytes=1", "Queue:DepthItems=1", "Quue:DepthItems=2");

        Assert.Equal(["Queue:DepthItems", "Quue:DepthItems", "Wal:SegmentBytes"], settings.Errors.Select(error => error.Key));
        var thrown = Assert.Throws<SettingsException>(settings.ThrowIfWrong);
        Assert.Equal(3, thrown.Message.Split(Environment.NewLine).Length);
    }

    [Fact]
    public void A_file_that_is_missing_or_broken_is_named_with_the_place()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory["broken.json"], "{\n  \"Wal\": {,}\n}");
        File.WriteAllText(directory["list.json"], "[1]");
        File.WriteAllText(directory["half.json"], "{\"Wal\":{\"Directory\":\"\\ud800\"}}");
        File.WriteAllText(directory["half-name.json"], "{\"\\udc00\":1}");
        File.WriteAllBytes(directory["bytes.json"], [.. "{\"Data\":\""u8, 0xFF, .. "\"}"u8]);

        Assert.Equal("", Errors(directory["missing.json"], required: false));
        Assert.Contains("there is no such file", Errors(directory["missing.json"], required: true), StringComparison.Ordinal);
        Assert.Contains("broken JSON in line 2", Errors(directory["broken.json"], required: false), StringComparison.Ordinal);
        Assert.Contains("no JSON object", Errors(directory["list.json"], required: true), StringComparison.Ordinal);
        Assert.All(
            ["half.json", "half-name.json", "bytes.json"],
            file => Assert.Contains("no Unicode", Errors(directory[file], required: true), StringComparison.Ordinal));
        Assert.NotEqual("", Errors(directory.Path, required: true));

        static string Errors(string path, bool required) => string.Join('\n', Read(new SettingsSources().AddFile(path, required)).Errors);
    }

    [Fact]
    public void Sinks_are_bound_by_name_also_several_of_one_kind()
    {
        var settings = Read(
            "Deliver=file, north",
            "Sinks:north:Kind=Distant",
            "Sinks:north:Mode=quick",
            "Sinks:file:Directory=/out",
            "Sinks:spare:Kind=distant");

        Assert.Empty(settings.Errors);
        Assert.Equal([new("file", "file", true), new("north", "distant", true)], settings.Sinks);
        Assert.Equal(DistantMode.Quick, Assert.IsType<DistantOptions>(settings.OfSink("north")).Mode);
        Assert.Equal("/out", Assert.IsType<FolderOptions>(settings.OfSink("FILE")).Directory);
        Assert.Contains(settings.Effective(), setting => setting.Setting.Key == "Sinks:spare:Mode");
    }

    [Fact]
    public void Lists_and_maps_come_as_one_value_or_key_by_key_and_are_never_mixed()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(
            directory["a.json"],
            """{"Sinks":{"distant":{"Places":["a","b","c"],"Extra":{"socket.keepalive":"yes","sasl.password":"hush"}}}}""");

        Assert.Equal(["a", "b", "c"], Places());
        Assert.Equal(["x", "y"], Places("Sinks:distant:Places=x, y"));
        Assert.Equal(["z"], Places("Sinks:distant:Places:0=z"));
        Assert.Equal(["z", "w"], Places("Sinks:distant:Places=x,y", "Sinks:distant:Places:0=z", "Sinks:distant:Places:1=w"));

        var settings = Read(From().AddAssignment("Sinks:distant:Extra:client.id=me"));
        var extra = ((DistantOptions)settings.OfSink("distant")).Extra;
        Assert.Equal(
            ["client.id=me", "sasl.password=hush", "socket.keepalive=yes"],
            extra.Select(pair => $"{pair.Key}={pair.Value}").Order(StringComparer.Ordinal));
        Assert.Equal("client.id=me, sasl.password=****, socket.keepalive=yes", Shown(settings, "Sinks:distant:Extra"));

        SettingsSources From() =>
            new SettingsSources().AddFile(directory["a.json"], required: true).AddFlag("--sink", "Deliver", "distant");
        string[] Places(params string[] assignments)
        {
            var read = Read(assignments.Aggregate(From(), (sources, assignment) => sources.AddAssignment(assignment)));
            Assert.Empty(read.Errors);
            return ((DistantOptions)read.OfSink("distant")).Places;
        }
    }

    [Fact]
    public void Secrets_are_shown_to_nobody()
    {
        var settings = Read("Deliver=distant", "Sinks:distant:Password=open sesame", "Sinks:distant:Level=middle");

        Assert.Equal("open sesame", ((DistantOptions)settings.OfSink("distant")).Password);
        Assert.Equal("****", Shown(settings, "Sinks:distant:Password"));
        Assert.DoesNotContain("sesame", string.Join('\n', settings.Errors), StringComparison.Ordinal);
        Assert.DoesNotContain("sesame", Read("Sinks:distant:Pasword_Token=sesame").Errors[0].ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Listen:Admin=http://*:8081", "Admin:Token must be set, because Listen:Admin = 'http://*:8081' can be reached")]
    [InlineData("Admin:Token=short", "Admin:Token = '****' (--set): must have at least 16 characters")]
    [InlineData("Listen:Intake=localhost:8080", "Listen:Intake = 'localhost:8080' (--set): must be http://HOST:PORT")]
    [InlineData("Listen:Intake=http://example.org:80", "HOST an IP address, localhost, or * for all.")]
    [InlineData("Listen:Intake=https://127.0.0.1:8443", "Listen:CertificatePath must name a certificate")]
    [InlineData("Listen:Intake=http://127.0.0.1:8081", "Listen:Admin = 'http://127.0.0.1:8081' (default): must not be the address")]
    public void Listeners_and_the_token_must_fit_together(string assignment, string expected)
    {
        Assert.Contains(expected, Assert.Single(Read(assignment).Errors).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Listeners_may_be_on_any_port_on_sockets_and_beyond_loopback_with_a_token()
    {
        Assert.Empty(Read("Listen:Intake=http://127.0.0.1:0", "Listen:Admin=http://127.0.0.1:0").Errors);
        Assert.Empty(Read("Listen:Admin=http://unix:/run/ingest/admin.sock").Errors);
        Assert.Empty(Read("Listen:Admin=http://*:8081", "Admin:Token=0123456789abcdef").Errors);
    }

    [Fact]
    public void Keys_that_only_make_sense_together_are_checked_together()
    {
        var error = Assert.Single(Read("Deliver=distant", "Sinks:distant:Share=0.9", "Sinks:distant:Gentle=true").Errors);

        Assert.Equal("Sinks:distant:Share = '0.9' (--set): must be at most 0.5 when Gentle.", error.ToString());
    }

    [Fact]
    public void A_sinks_contradiction_names_the_section_it_is_in()
    {
        var read = Read("Deliver=distant", "Sinks:distant:Places=a,b", "Sinks:distant:Level=high");

        Assert.Equal("Sinks:distant: Places and Level contradict each other.", Assert.Single(read.Errors).ToString());
    }

    [Fact]
    public void A_contradiction_an_options_class_reports_is_an_error_as_it_stands()
    {
        var error = Assert.Single(Read("Health:MemoryLow=0.9").Errors);

        Assert.Equal("Health:MemoryLow = 0.9 must be below Health:MemoryHigh = 0.8.", error.ToString());
    }

    [Fact]
    public void Variables_that_an_orchestrator_leaves_behind_are_no_settings()
    {
        var sources = new SettingsSources().AddEnvironment(new Hashtable
        {
            ["INGEST_SERVICE_HOST"] = "10.0.0.1",
            ["INGEST_SERVICE_PORT"] = "8080",
            ["INGEST_PORT"] = "tcp://10.0.0.1:8080",
            ["INGEST_PORT_8080_TCP_ADDR"] = "10.0.0.1",
        });
        Assert.Empty(Read(sources).Errors);

        var typo = new SettingsSources().AddEnvironment(new Hashtable { ["INGEST_Wal__Directry"] = "/x" });
        Assert.Contains("did you mean Wal:Directory?", Assert.Single(Read(typo).Errors).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_framework_s_binder_understands_what_is_handed_on()
    {
        var settings = Read(
            "Deliver=distant", "Sinks:distant:BufferBytes=64KiB", "Sinks:distant:Patience=1h30m", "Logging:LogLevel:Default=Debug");

        Assert.Empty(settings.Errors);
        var bound = settings.ToConfiguration().GetSection("Sinks:distant").Get<DistantOptions>()!;
        Assert.Equal(65_536, bound.BufferBytes);
        Assert.Equal(TimeSpan.FromMinutes(90), bound.Patience);
        Assert.Equal("Debug", settings.ToConfiguration()["Logging:LogLevel:Default"]);
    }

    [Fact]
    public void A_host_s_own_configuration_is_read_from_its_section()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(
            [new("Ingest:Wal:SegmentBytes", "1MiB"), new("Ingest:Queue:DepthItems", "1"), new("Other:Thing", "x")]).Build();

        var settings = Read(SettingsSources.Of(configuration.GetSection("Ingest")));

        Assert.Equal(1 << 20, settings.Get<WalSettings>().SegmentBytes);
        Assert.Equal("Queue:DepthItems = '1' (configuration): must be 16 to 1048576.", Assert.Single(settings.Errors).ToString());
    }

    [Fact]
    public void Every_options_class_is_in_a_section_and_every_key_says_what_it_is()
    {
        var listed = NodeSections.All.Select(section => section.OptionsType).ToHashSet();
        var forgotten = typeof(QueueOptions).Assembly.GetTypes()
            .Where(type => type.GetProperties().Any(property => property.GetCustomAttribute<DescriptionAttribute>() is not null))
            .Where(type => type.Namespace?.StartsWith("Ingest.Sinks", StringComparison.Ordinal) != true)
            .Except(listed);
        Assert.Empty(forgotten);

        Assert.All(
            new SettingsCatalogue(NodeSections.All).Settings,
            setting => Assert.True(setting.Description.Length > 10, $"{setting.Key} has no description."));
    }

    [Fact]
    public void Every_default_is_within_its_own_bounds()
    {
        var assignments = new SettingsCatalogue(NodeSections.All).Settings.Where(setting => setting.Default.Length > 0)
            .Select(setting => $"{setting.Key}={setting.Default}").ToArray();

        Assert.Empty(Read(assignments).Errors);
        Assert.True(assignments.Length > 10);
    }

    private static NodeSettings Read(params string[] assignments) =>
        Read(assignments.Aggregate(new SettingsSources(), (sources, assignment) => sources.AddAssignment(assignment)));

    private static NodeSettings Read(SettingsSources sources) => NodeSettings.Read(sources, NodeSections.All, Kinds);

    private static string Shown(NodeSettings settings, string key) =>
        settings.Effective().Single(setting => setting.Setting.Key == key).Value;
}

using System.Net;
using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using Ingest.Hosting;
using Ingest.Intake.Http;
using Ingest.Operations.Admin;
using Ingest.Operations.Status;
using Ingest.Tests.Architecture;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Ingest.Tests.Hosting;

/// <summary>docs/openapi.json says what there is, all of it, and nothing else. A route or a code that is added fails here.</summary>
public sealed partial class OpenApiTests
{
    private static readonly JsonElement Document =
        JsonDocument.Parse(string.Join('\n', Repository.Lines("docs/openapi.json"))).RootElement;

    [Fact]
    public async Task Every_route_and_method_is_in_the_document_and_every_one_in_the_document_is_a_route()
    {
        await using var node = await NodeHost.StartAsync();
        var mapped = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var (pattern, named) in Patterns(node))
        {
            foreach (var (name, address) in new[] { ("intake", node.Intake), ("admin", node.Admin) })
            {
                mapped.UnionWith((await MethodsAsync(node, address, pattern, named)).Select(method => $"{name} {method} {pattern}"));
            }
        }
        Assert.Empty(mapped.Except(Documented()));
        Assert.Empty(Documented().Except(mapped));
    }

    [Fact]
    public void Every_code_is_in_the_document_with_its_status()
    {
        var schemas = Document.GetProperty("components").GetProperty("schemas");
        Assert.Equal(ProblemKind.All.Select(kind => kind.Code).Order(), Codes(schemas.GetProperty("Problem")).Order());
        var statuses = ProblemKind.All.ToDictionary(kind => kind.Code, kind => kind.Status);
        var responses = Document.GetProperty("components").GetProperty("responses").EnumerateObject()
            .Where(response => response.Name.StartsWith("Intake", StringComparison.Ordinal)).ToList();
        var named = responses.SelectMany(response =>
            ResponseCodes(response.Value).Select(code => (code, Status: StatusOf(response.Value))));
        Assert.Equal(statuses.Select(pair => (pair.Key, pair.Value)).Order(), named.Order());

        Assert.Equal(AdminCodes().Order(), Codes(schemas.GetProperty("AdminProblem")).Order());
        var admin = Operations().SelectMany(operation => operation.Value.GetProperty("responses").EnumerateObject())
            .Where(response => !response.Value.TryGetProperty("$ref", out _)).SelectMany(response => ResponseCodes(response.Value));
        Assert.Empty(admin.Except(AdminCodes()));
    }

    [Fact]
    public async Task Every_setting_it_names_is_one()
    {
        await using var node = await NodeHost.StartAsync();
        var named = SettingName().Matches(Document.GetRawText()).Select(match => match.Value).Distinct().ToList();
        Assert.NotEmpty(named);
        Assert.Empty(named.Except(node.Settings.Catalogue.Settings.Select(setting => setting.Key)));
    }

    [Fact]
    public void The_status_has_the_members_it_names()
    {
        var schema = Document.GetProperty("components").GetProperty("schemas").GetProperty("NodeStatus");
        Assert.Equal(
            StatusJson.Plain.NodeStatus.Properties.Select(property => property.Name).Order(),
            schema.GetProperty("properties").EnumerateObject().Select(property => property.Name).Order());
        Assert.Equal(
            schema.GetProperty("properties").EnumerateObject().Select(property => property.Name),
            schema.GetProperty("required").EnumerateArray().Select(name => name.GetString()));
    }

    [Fact]
    public async Task Both_listeners_serve_it_without_a_token()
    {
        await using var node = await NodeHost.StartAsync("Admin:Token=0123456789abcdef");
        foreach (var address in new[] { node.Intake, node.Admin })
        {
            var answer = await node.Client.GetAsync(new Uri(address, "/openapi.json"), TestContext.Current.CancellationToken);
            Assert.Equal("application/json", answer.Content.Headers.ContentType?.ToString());
            using var served = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            Assert.True(JsonElement.DeepEquals(Document, served.RootElement));
        }
        var version = Document.GetProperty("info").GetProperty("version").GetString()!;
        Assert.StartsWith(version, NodeVersion.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_reference_leads_somewhere_and_every_part_is_used()
    {
        var text = Document.GetRawText();
        var references = Reference().Matches(text).Select(match => match.Groups[1].Value).ToHashSet();
        var parts = Document.GetProperty("components").EnumerateObject().Where(kind => kind.Name != "securitySchemes")
            .SelectMany(kind => kind.Value.EnumerateObject().Select(part => $"{kind.Name}/{part.Name}"));
        Assert.Equal(parts.Order(), references.Order());
        var names = Operations().Select(operation => operation.Value.GetProperty("operationId").GetString()).ToList();
        Assert.Equal(names.Distinct(), names);
    }

    /// <summary>Every path that is mapped, with the methods the route names, if it does.</summary>
    private static IEnumerable<(string Pattern, string[] Methods)> Patterns(NodeHost node) =>
        from endpoint in node.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
        let pattern = "/" + endpoint.RoutePattern.RawText!.TrimStart('/')
        where !pattern.Contains("{**", StringComparison.Ordinal)
        let methods = endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []
        group methods by pattern into same
        select (same.Key, same.SelectMany(methods => methods).Distinct().ToArray());

    /// <summary>
    /// What a listener says it takes at a path, asked with a method that is not taken, and which of the methods the route names it knows;
    /// nothing where there is no such path.
    /// </summary>
    private static async Task<IEnumerable<string>> MethodsAsync(NodeHost node, Uri address, string pattern, string[] named)
    {
        var path = new Uri(address, Parameter().Replace(pattern, "x"));
        using var answer = await SendAsync("REPORT");
        if (answer.StatusCode == HttpStatusCode.MethodNotAllowed)
        {
            return answer.Content.Headers.Allow;
        }
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        var known = new List<string>();
        foreach (var method in named)
        {
            using var other = await SendAsync(method);
            if (other.StatusCode != HttpStatusCode.NotFound)
            {
                known.Add(method);
            }
        }
        return known;

        async Task<HttpResponseMessage> SendAsync(string method)
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path);
            return await node.Client.SendAsync(request, TestContext.Current.CancellationToken);
        }
    }

    private static SortedSet<string> Documented()
    {
        var documented = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var (path, method, operation, item) in Operations().Select(entry => (entry.Path, entry.Method, entry.Value, entry.Item)))
        {
            var servers = item.TryGetProperty("servers", out var own) ? own : Document.GetProperty("servers");
            documented.UnionWith(servers.EnumerateArray().Select(server =>
                $"{(server.GetProperty("description").GetString() == "Listen:Intake" ? "intake" : "admin")} {method} {path}"));
        }
        return documented;
    }

    private static IEnumerable<(string Path, string Method, JsonElement Value, JsonElement Item)> Operations() =>
        from path in Document.GetProperty("paths").EnumerateObject()
        from method in path.Value.EnumerateObject()
        where method.Name is "get" or "head" or "options" or "post" or "put" or "delete" or "patch"
        select (path.Name, method.Name.ToUpperInvariant(), method.Value, path.Value);

    private static IEnumerable<string> Codes(JsonElement schema) =>
        schema.GetProperty("properties").GetProperty("code").GetProperty("enum").EnumerateArray().Select(code => code.GetString()!);

    private static IEnumerable<string> ResponseCodes(JsonElement response) =>
        response.TryGetProperty("content", out var content) && content.TryGetProperty("application/problem+json", out var problem)
            ? Codes(problem.GetProperty("schema").GetProperty("allOf")[1])
            : [];

    private static int StatusOf(JsonElement response) =>
        response.GetProperty("content").GetProperty("application/problem+json").GetProperty("schema").GetProperty("allOf")[1]
            .GetProperty("properties").GetProperty("status").GetProperty("const").GetInt32();

    /// <summary>The codes admin answers have: those with names of their own, and those given where they are said.</summary>
    private static HashSet<string> AdminCodes()
    {
        var named = typeof(AdminProblem).GetFields(BindingFlags.Static | BindingFlags.NonPublic)
            .Where(field => field.FieldType == typeof(AdminProblem)).Select(field => ((AdminProblem)field.GetValue(null)!).Code)
            .Append(AdminProblem.Bad("").Code).Append(AdminProblem.Failed("").Code);
        var said = Repository.Files("src", ".cs").SelectMany(path => AdminCode().Matches(string.Join('\n', Repository.Lines(path))))
            .Select(match => match.Groups[1].Value);
        return named.Concat(said).ToHashSet(StringComparer.Ordinal);
    }

    [GeneratedRegex(@"\b[A-Z][A-Za-z]+:[A-Z][A-Za-z]+\b")]
    private static partial Regex SettingName();

    [GeneratedRegex(@"\{[^}]+\}")]
    private static partial Regex Parameter();

    [GeneratedRegex("\"#/components/([^\"]+)\"")]
    private static partial Regex Reference();

    [GeneratedRegex(@"(?:AdminProblem\s*\.\w+\(|new(?: AdminProblem)?\(\s*StatusCodes\.\w+,)\s*""([a-z_]+)""")]
    private static partial Regex AdminCode();
}

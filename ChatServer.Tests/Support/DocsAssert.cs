using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace ChatServer.Tests.Support;

/// <summary>Assertions about the description of an HTTP API.</summary>
public static partial class DocsAssert
{
    /// <summary>Asserts that the page <c>/docs</c> and its scripts come from the service itself.</summary>
    public static async Task HasLocalDocsPageAsync(this ServiceProcess service)
    {
        using var response = await service.SendAsync(HttpMethod.Get, "/docs");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/html", response.Content.Headers.ContentType?.MediaType);
        var html = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.DoesNotContain("//", html.Replace("<!doctype html>", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("\"withDefaultFonts\":false", html, StringComparison.Ordinal);
        Assert.Contains("\"telemetry\":false", html, StringComparison.Ordinal);

        var root = new Uri(service.Http.BaseAddress!, Base().Match(html).Groups["href"].Value);
        var scripts = Script().Matches(html).Select(match => match.Groups["src"].Value).ToList();
        Assert.NotEmpty(scripts);
        foreach (var script in scripts)
        {
            using var asset = await service.Http.GetAsync(new Uri(root, script), TestContext.Current.CancellationToken);
            Assert.True(asset.IsSuccessStatusCode, script);
        }
    }

    /// <summary>
    /// Asserts that the service describes its API in OpenAPI 3.1, and that each operation has a name, a summary, a schema of the response's
    /// <c>data</c>, and a key exactly if it requires one. Returns the operations as <c>METHOD path</c>.
    /// </summary>
    public static async Task<IReadOnlyList<string>> HasCompleteDescriptionAsync(this ServiceProcess service, Func<string, bool> requiresKey)
    {
        var document = await service.Http.GetFromJsonAsync<JsonElement>("/openapi/v1.json", TestContext.Current.CancellationToken);
        Assert.StartsWith("3.1", document.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        var scheme = document.GetProperty("components").GetProperty("securitySchemes").GetProperty("ApiKey");
        Assert.Equal(("apiKey", "header", "X-API-Key"), (Text(scheme, "type"), Text(scheme, "in"), Text(scheme, "name")));

        var operations = new List<string>();
        foreach (var path in document.GetProperty("paths").EnumerateObject())
        {
            foreach (var operation in path.Value.EnumerateObject())
            {
                var name = $"{operation.Name.ToUpperInvariant()} {path.Name}";
                operations.Add(name);
                Assert.NotEmpty(Text(operation.Value, "operationId"));
                Assert.NotEmpty(Text(operation.Value, "summary"));
                var required = operation.Value.TryGetProperty("security", out var security)
                    && security.EnumerateArray().All(alternative => alternative.TryGetProperty("ApiKey", out _));
                Assert.True(required == requiresKey(name), name);
                foreach (var answer in operation.Value.GetProperty("responses").EnumerateObject())
                {
                    var content = answer.Value.GetProperty("content");
                    var type = answer.Name.StartsWith('2') ? "application/json" : "application/problem+json";
                    var schema = Text(content.GetProperty(type).GetProperty("schema"), "$ref").Split('/')[^1];
                    var members = document.GetProperty("components").GetProperty("schemas").GetProperty(schema).GetProperty("properties");
                    Assert.True(members.TryGetProperty(answer.Name.StartsWith('2') ? "data" : "code", out _), $"{name} {answer.Name}");
                }
            }
        }
        return [.. operations.Order(StringComparer.Ordinal)];
    }

    private static string Text(JsonElement element, string member) => element.GetProperty(member).GetString()!;

    [GeneratedRegex("""<base href="(?<href>[^"]+)">""")]
    private static partial Regex Base();

    [GeneratedRegex("""<script[^>]* src="(?<src>[^"]+)">""")]
    private static partial Regex Script();
}

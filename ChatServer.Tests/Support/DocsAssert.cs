using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using ChatServer.Contracts;

namespace ChatServer.Tests.Support;

/// <summary>Assertions about the description of an HTTP API.</summary>
public static partial class DocsAssert
{
    /// <summary>
    /// Asserts that the page <c>/docs</c> and its scripts come from the service itself, that it runs no other script and appears in no
    /// frame, and that browsers keep its large script.
    /// </summary>
    public static async Task HasLocalDocsPageAsync(this ServiceProcess service)
    {
        using var response = await service.SendAsync(HttpMethod.Get, "/docs");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/html", response.Content.Headers.ContentType?.MediaType);
        var html = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.DoesNotContain("//", html.Replace("<!doctype html>", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("\"withDefaultFonts\":false", html, StringComparison.Ordinal);
        Assert.Contains("\"telemetry\":false", html, StringComparison.Ordinal);
        // No button of the vendor, and the key is asked for at once.
        Assert.Contains("\"showDeveloperTools\":\"never\"", html, StringComparison.Ordinal);
        Assert.Contains("\"preferredSecurityScheme\":[\"ApiKey\"]", html, StringComparison.Ordinal);
        AssertIsRestricted(response, html);

        var root = new Uri(service.Http.BaseAddress!, Base().Match(html).Groups["href"].Value);
        var scripts = Script().Matches(html).Select(match => match.Groups["src"].Value).ToList();
        Assert.NotEmpty(scripts);
        foreach (var script in scripts)
        {
            using var asset = await service.Http.GetAsync(new Uri(root, script), TestContext.Current.CancellationToken);
            Assert.True(asset.IsSuccessStatusCode, script);
            Assert.Equal(
                script.Contains("?v=", StringComparison.Ordinal) ? "public, max-age=31536000, immutable" : "no-cache",
                asset.Headers.CacheControl?.ToString());
        }
        using var otherVersion = await service.Http.GetAsync(new Uri(root, "scalar.js?v=1"), TestContext.Current.CancellationToken);
        Assert.Equal("no-cache", otherVersion.Headers.CacheControl?.ToString());
    }

    private static void AssertIsRestricted(HttpResponseMessage response, string html)
    {
        var policy = Assert.Single(response.Headers.GetValues("Content-Security-Policy")).Split("; ");
        Assert.Contains("default-src 'none'", policy);
        Assert.Contains("frame-ancestors 'none'", policy);
        Assert.Contains("connect-src 'self'", policy);
        var nonces = Nonce().Matches(html).Select(match => match.Groups["nonce"].Value).Distinct();
        Assert.Contains($"script-src 'self' 'nonce-{Assert.Single(nonces)}'", policy);
        Assert.Equal(["same-origin"], response.Headers.GetValues("Cross-Origin-Opener-Policy"));
        Assert.Equal(["no-referrer"], response.Headers.GetValues("Referrer-Policy"));
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
    }

    /// <summary>
    /// Asserts that the service describes its API in OpenAPI 3.1, and that each operation has a name, a summary, a schema of the response's
    /// <c>data</c>, and a key exactly if it requires one. Returns the operations as <c>METHOD path</c>.
    /// </summary>
    public static async Task<IReadOnlyList<string>> HasCompleteDescriptionAsync(this ServiceProcess service, Func<string, bool> requiresAccess)
    {
        var document = await service.Http.GetFromJsonAsync<JsonElement>("/openapi/v1.json", TestContext.Current.CancellationToken);
        Assert.StartsWith("3.1", document.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        var scheme = document.GetProperty("components").GetProperty("securitySchemes").GetProperty("ApiKey");
        Assert.Equal(("apiKey", "header", "X-API-Key"), (Text(scheme, "type"), Text(scheme, "in"), Text(scheme, "name")));

        if (Environment.GetEnvironmentVariable("OPENAPI_DIR") is { } folder)
        {
            Directory.CreateDirectory(folder);
            var file = Path.Combine(folder, $"{document.GetProperty("info").GetProperty("title").GetString()}.json".Replace(' ', '-'));
            await File.WriteAllTextAsync(file, document.GetRawText(), TestContext.Current.CancellationToken);
        }
        Assert.Equal(
            typeof(ErrorCodes).GetFields().Select(code => (string)code.GetRawConstantValue()!),
            document.GetProperty("components").GetProperty("schemas").GetProperty("ErrorCode").GetProperty("enum").EnumerateArray()
                .Select(code => code.GetString()));

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
                    && security.EnumerateArray().All(alternative => alternative.EnumerateObject().Any());
                Assert.True(required == requiresAccess(name), name);
                HasResponsesOfTheMiddleware(name, operation.Value);
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

    // Each call can be refused by its method, rate and body, and while Redis is away; and each parameter of its path is described.
    private static void HasResponsesOfTheMiddleware(string name, JsonElement operation)
    {
        var responses = operation.GetProperty("responses");
        Assert.True(Has("405", "Allow"), name);
        Assert.True(Has("429", "Retry-After"), name);
        Assert.True(Has("503", "Retry-After") == (name != "GET /api/v1"), name);
        var hasBody = operation.TryGetProperty("requestBody", out _);
        Assert.True(responses.TryGetProperty("413", out _) == hasBody && responses.TryGetProperty("415", out _) == hasBody, name);
        var parameters = operation.TryGetProperty("parameters", out var described)
            ? described.EnumerateArray().Where(parameter => Text(parameter, "in") == "path").Select(parameter => Text(parameter, "name"))
            : [];
        Assert.Equal(PathParameter().Matches(name).Select(match => match.Groups[1].Value).Order(), parameters.Order());

        bool Has(string status, string header) => responses.TryGetProperty(status, out var response)
            && response.GetProperty("headers").TryGetProperty(header, out _);
    }

    private static string Text(JsonElement element, string member) => element.GetProperty(member).GetString()!;

    [GeneratedRegex("\\{([a-z]+)\\}")]
    private static partial Regex PathParameter();

    [GeneratedRegex("""<base href="(?<href>[^"]+)">""")]
    private static partial Regex Base();

    [GeneratedRegex(""" nonce="(?<nonce>[^"]+)">""")]
    private static partial Regex Nonce();

    [GeneratedRegex("""<script[^>]* src="(?<src>[^"]+)" """)]
    private static partial Regex Script();
}

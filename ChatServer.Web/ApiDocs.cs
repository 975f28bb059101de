using System.Text.RegularExpressions;
using ChatServer.Contracts;
using ChatServer.Web.Files;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Scalar.AspNetCore;

namespace ChatServer.Web;

/// <summary>
/// The description of an API, <c>/openapi/v1.json</c> (OpenAPI 3.1), and the page <c>/docs</c> to browse the API and try it. The
/// description of policies (keys, bounds, patterns) follows from the endpoints' metadata.
/// </summary>
public static partial class ApiDocs
{
    private const string PagePath = "/docs";
    private const string KeyScheme = "ApiKey", TokenScheme = "JoinToken";
    private static readonly object PathKey = new();

    /// <summary>
    /// Scalar adds its styles, icons and fonts to the page at run time. Scripts are only those of the service: people type keys here.
    /// </summary>
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'unsafe-inline'; img-src 'self' data:; font-src data:; "
        + "connect-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'";

    // Identifies the content of Scalar's script.
    private static readonly string ScriptVersion = typeof(ScalarOptions).Module.ModuleVersionId.ToString("N");

    /// <summary>Describes the endpoints of this process under <paramref name="title"/>.</summary>
    /// <param name="builder">The process.</param>
    /// <param name="title">The name of the API.</param>
    /// <param name="description">Its purpose, in Markdown.</param>
    /// <param name="acceptsTokens">Whether some of its calls accept join tokens.</param>
    public static void AddApiDocs(this WebApplicationBuilder builder, string title, string description, bool acceptsTokens = false) =>
        builder.Services.AddOpenApi("v1", options =>
        {
            options.AddDocumentTransformer((document, _, _) =>
            {
                document.Info = new OpenApiInfo
                {
                    Title = title,
                    Version = AppInfo.CurrentVersion,
                    Description = description,
                    License = new OpenApiLicense { Name = "MIT", Identifier = "MIT" },
                };
                // Relative: a call from the page goes to the name, port or load balancer under which the page was opened.
                document.Servers = [new OpenApiServer { Url = "/" }];
                document.Components ??= new OpenApiComponents();
                document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
                document.Components.SecuritySchemes[KeyScheme] = new OpenApiSecurityScheme
                {
                    Type = SecuritySchemeType.ApiKey,
                    In = ParameterLocation.Header,
                    Name = RequestHeaders.ApiKey,
                };
                if (acceptsTokens)
                {
                    document.Components.SecuritySchemes[TokenScheme] = new OpenApiSecurityScheme
                    {
                        Type = SecuritySchemeType.Http,
                        Scheme = "bearer",
                        BearerFormat = "JWT",
                    };
                }
                ApiResponses.AddErrorCodes(document);
                return Task.CompletedTask;
            });
            options.AddOperationTransformer((operation, context, _) =>
            {
                DescribePolicies(operation, context);
                ApiResponses.Describe(operation, context);
                return Task.CompletedTask;
            });
            options.AddSchemaTransformer((schema, context, _) =>
            {
                DescribeAdditionalMembers(schema, context.JsonTypeInfo.Type);
                return Task.CompletedTask;
            });
        });

    /// <summary>Maps the description and the page. The page loads nothing from other hosts, so it works without Internet access.</summary>
    public static void MapApiDocs(this WebApplication app)
    {
        // A literal name: with a parameter in the route, the framework answers an unknown name in plain text.
        app.MapOpenApi("/openapi/v1.json");
        app.MapScalarApiReference(PagePath, (page, context) =>
        {
            page.DefaultFonts = false;
            page.Telemetry = false;
            page.HideClientButton = true;
            page.ShowDeveloperTools = DeveloperToolsVisibility.Never;
            page.Authentication = new ScalarAuthenticationOptions { PreferredSecuritySchemes = [KeyScheme] };
            page.DynamicNonce = true;
            page.BundleUrl = $"scalar.js?v={ScriptVersion}";
            page.Agent = new ScalarAgentOptions { Disabled = true };
            page.Mcp = new ScalarMcpOptions { Disabled = true };
            // The server of the description, "/", is the root of the service, which a proxy may serve below a path of its own.
            page.DynamicBaseServerUrl = true;
            var path = (PathString)context.Items[PathKey]!;
            page.HeadContent = $"""<base href="{(path == PagePath ? $".{PagePath}/" : "./")}">""";
            // Scalar's script takes the end of the page's address after the root of the service from here.
            context.Request.Path = path;
        }).Add(AddHeaders);
    }

    /// <summary>
    /// Adds the headers of our pages to Scalar's page and files, and answers <c>/docs</c>: Scalar redirects it to <c>/docs/</c>, because
    /// its links are relative; the base above makes the redirect unnecessary.
    /// </summary>
    private static void AddHeaders(EndpointBuilder endpoint)
    {
        var next = endpoint.RequestDelegate!;
        endpoint.RequestDelegate = context =>
        {
            context.Items[PathKey] = context.Request.Path;
            if (context.Request.Path == PagePath) context.Request.Path = $"{PagePath}/";
            // Scalar makes the nonce and sets the caching of its files while it answers.
            context.Response.OnStarting(() =>
            {
                var headers = context.Response.Headers;
                headers.XContentTypeOptions = "nosniff";
                if (context.Items[ScalarOptions.NonceHttpContextItemKey] is string nonce)
                    headers.AddPageHeaders(ContentSecurityPolicy.Replace("{nonce}", nonce, StringComparison.Ordinal));
                else if (context.Request.Query["v"] == ScriptVersion)
                    headers.CacheControl = WebEndpoints.ImmutableCaching;
                return Task.CompletedTask;
            });
            return next(context);
        };
    }

    private static void DescribePolicies(OpenApiOperation operation, OpenApiOperationTransformerContext context)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        operation.Security = [new OpenApiSecurityRequirement()];
        if (metadata.OfType<ApiKeyMetadata>().FirstOrDefault() is { } use)
        {
            operation.Security =
            [
                .. use.Required ? (OpenApiSecurityRequirement[])[] : [new OpenApiSecurityRequirement()],
                With(KeyScheme),
                .. metadata.OfType<JoinTokenMetadata>().Any() ? (OpenApiSecurityRequirement[])[With(TokenScheme)] : [],
            ];
        }
        // A handler need not declare a parameter of its path that only a policy reads.
        foreach (var match in PathParameters().EnumerateMatches(context.Description.RelativePath ?? ""))
        {
            var parameter = context.Description.RelativePath!.Substring(match.Index + 1, match.Length - 2);
            if (Parameter(parameter) is null)
            {
                (operation.Parameters ??= []).Add(new OpenApiParameter
                {
                    Name = parameter,
                    In = ParameterLocation.Path,
                    Required = true,
                    Schema = new OpenApiSchema { Type = JsonSchemaType.String },
                });
            }
        }
        if (metadata.OfType<PagingMetadata>().Any() && Parameter("limit") is { } limit)
        {
            limit.Minimum = "1";
            limit.Maximum = $"{Limits.MaxPage}";
        }
        if (metadata.OfType<RoomNameMetadata>().Any() && Parameter("name") is { } name) name.Pattern = RoomNames.Pattern;

        OpenApiSecurityRequirement With(string scheme) => new() { [new OpenApiSecuritySchemeReference(scheme, context.Document)] = [] };

        OpenApiSchema? Parameter(string name) =>
            operation.Parameters?.FirstOrDefault(parameter => parameter.Name == name)?.Schema as OpenApiSchema;
    }

    [GeneratedRegex("\\{[a-z]+\\}")]
    private static partial Regex PathParameters();

    /// <summary>A request with an unknown member is refused. A response may contain new members, which clients must ignore.</summary>
    private static void DescribeAdditionalMembers(OpenApiSchema schema, Type type)
    {
        var isRequest = type == typeof(RoomOptions) || type.Name.EndsWith("Request", StringComparison.Ordinal);
        schema.AdditionalPropertiesAllowed = !isRequest;
    }
}

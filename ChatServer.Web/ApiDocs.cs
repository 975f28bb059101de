using ChatServer.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Scalar.AspNetCore;

namespace ChatServer.Web;

/// <summary>
/// An API's description, <c>/openapi/v1.json</c> (OpenAPI 3.1), and the page <c>/docs</c> to browse and try it. What a policy
/// demands is written down here once, from the endpoints' metadata.
/// </summary>
public static class ApiDocs
{
    private const string PagePath = "/docs";
    private const string KeyScheme = "ApiKey";

    /// <summary>Describes the endpoints of this process under <paramref name="title"/>.</summary>
    /// <param name="builder">The process.</param>
    /// <param name="title">The API's name.</param>
    /// <param name="description">What it is for, in Markdown.</param>
    public static void AddApiDocs(this WebApplicationBuilder builder, string title, string description) =>
        builder.Services.AddOpenApi("v1", options =>
        {
            options.AddDocumentTransformer((document, _, _) =>
            {
                document.Info = new OpenApiInfo { Title = title, Version = AppInfo.CurrentVersion, Description = description };
                // Relative, so that trying a call works under whatever name, port or load balancer the page was opened.
                document.Servers = [new OpenApiServer { Url = "/" }];
                document.Components ??= new OpenApiComponents();
                document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
                document.Components.SecuritySchemes[KeyScheme] = new OpenApiSecurityScheme
                {
                    Type = SecuritySchemeType.ApiKey,
                    In = ParameterLocation.Header,
                    Name = RequestHeaders.ApiKey,
                };
                return Task.CompletedTask;
            });
            options.AddOperationTransformer((operation, context, _) => { DescribePolicies(operation, context); return Task.CompletedTask; });
            options.AddSchemaTransformer((schema, context, _) => { DescribeOpenness(schema, context.JsonTypeInfo.Type); return Task.CompletedTask; });
        });

    /// <summary>Maps the description and the page. The page loads nothing from any other host: it works without an internet.</summary>
    public static void MapApiDocs(this WebApplication app)
    {
        // By name: asked for another one, the framework answers in plain text.
        app.MapOpenApi("/openapi/v1.json");
        app.MapScalarApiReference(PagePath, page =>
        {
            page.DefaultFonts = false;
            page.Telemetry = false;
            page.HideClientButton = true;
            page.Agent = new ScalarAgentOptions { Disabled = true };
            page.Mcp = new ScalarMcpOptions { Disabled = true };
            page.HeadContent = $"""<base href="{PagePath}/">""";
        }).Add(AnswerWithoutSlash);
    }

    /// <summary>Scalar redirects <c>/docs</c> to <c>/docs/</c>, where its relative links lead right. With the base above they do anyway.</summary>
    private static void AnswerWithoutSlash(EndpointBuilder endpoint)
    {
        var next = endpoint.RequestDelegate!;
        endpoint.RequestDelegate = context =>
        {
            if (context.Request.Path == PagePath) context.Request.Path = $"{PagePath}/";
            return next(context);
        };
    }

    private static void DescribePolicies(OpenApiOperation operation, OpenApiOperationTransformerContext context)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        if (metadata.OfType<ApiKeyMetadata>().FirstOrDefault() is { } use)
        {
            var withKey = new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(KeyScheme, context.Document)] = [] };
            operation.Security = use.Required ? [withKey] : [new OpenApiSecurityRequirement(), withKey];
        }
        if (metadata.OfType<PagingMetadata>().Any() && Parameter("limit") is { } limit)
        {
            limit.Minimum = "1";
            limit.Maximum = $"{Limits.MaxPage}";
        }
        if (metadata.OfType<RoomNameMetadata>().Any() && Parameter("name") is { } name) name.Pattern = RoomNames.Pattern;

        OpenApiSchema? Parameter(string name) => operation.Parameters?.FirstOrDefault(parameter => parameter.Name == name)?.Schema as OpenApiSchema;
    }

    /// <summary>What is sent to us is checked to the letter; what we answer may gain members, and clients must not mind.</summary>
    private static void DescribeOpenness(OpenApiSchema schema, Type type)
    {
        var isSentToUs = type == typeof(RoomOptions) || type.Name.EndsWith("Request", StringComparison.Ordinal);
        schema.AdditionalPropertiesAllowed = !isSentToUs;
        if (type == typeof(ProblemDetails))
            (schema.Properties ??= new Dictionary<string, IOpenApiSchema>())["code"] =
                new OpenApiSchema { Type = JsonSchemaType.String, Description = "What happened, for scripts to switch on." };
    }
}

using ChatServer.Contracts;
using Microsoft.AspNetCore.Builder;
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
public static class ApiDocs
{
    private const string PagePath = "/docs";
    private const string KeyScheme = "ApiKey";

    /// <summary>Describes the endpoints of this process under <paramref name="title"/>.</summary>
    /// <param name="builder">The process.</param>
    /// <param name="title">The name of the API.</param>
    /// <param name="description">Its purpose, in Markdown.</param>
    public static void AddApiDocs(this WebApplicationBuilder builder, string title, string description) =>
        builder.Services.AddOpenApi("v1", options =>
        {
            options.AddDocumentTransformer((document, _, _) =>
            {
                document.Info = new OpenApiInfo { Title = title, Version = AppInfo.CurrentVersion, Description = description };
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
                return Task.CompletedTask;
            });
            options.AddOperationTransformer((operation, context, _) =>
            {
                DescribePolicies(operation, context);
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

    /// <summary>
    /// Scalar redirects <c>/docs</c> to <c>/docs/</c> because its links are relative. The base above makes the redirect unnecessary.
    /// </summary>
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

        OpenApiSchema? Parameter(string name) =>
            operation.Parameters?.FirstOrDefault(parameter => parameter.Name == name)?.Schema as OpenApiSchema;
    }

    /// <summary>A request with an unknown member is refused. A response may contain new members, which clients must ignore.</summary>
    private static void DescribeAdditionalMembers(OpenApiSchema schema, Type type)
    {
        var isRequest = type == typeof(RoomOptions) || type.Name.EndsWith("Request", StringComparison.Ordinal);
        schema.AdditionalPropertiesAllowed = !isRequest;
        if (type == typeof(ProblemDetails))
            (schema.Properties ??= new Dictionary<string, IOpenApiSchema>())["code"] =
                new OpenApiSchema { Type = JsonSchemaType.String, Description = "The kind of the error, for scripts to switch on." };
    }
}

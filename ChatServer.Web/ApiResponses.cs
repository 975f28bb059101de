using System.Reflection;
using System.Text.Json.Nodes;
using ChatServer.Contracts;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.OpenApi;

namespace ChatServer.Web;

/// <summary>Endpoint metadata: a response has a header. The description of the API contains it.</summary>
public sealed record ResponseHeaderMetadata(int Status, string Name, string Description);

/// <summary>
/// Describes the responses that no endpoint states itself: those of the middleware that all calls pass, with their headers, and the codes of
/// problems.
/// </summary>
internal static class ApiResponses
{
    private const string ErrorCode = "ErrorCode";

    private static readonly OpenApiHeader RetryAfter = new()
    {
        Description = "Seconds after which the call may succeed.",
        Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Minimum = "1" },
    };

    private static readonly OpenApiHeader Allow = new()
    {
        Description = "The methods of the path.",
        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
    };

    /// <summary>Completes the responses of an operation, in the order of their statuses.</summary>
    public static void Describe(OpenApiOperation operation, OpenApiOperationTransformerContext context)
    {
        var responses = operation.Responses ??= [];
        AddProblem(StatusCodes.Status405MethodNotAllowed);
        AddProblem(StatusCodes.Status429TooManyRequests);
        if (operation.RequestBody is not null)
        {
            AddProblem(StatusCodes.Status400BadRequest);
            AddProblem(StatusCodes.Status413PayloadTooLarge);
            AddProblem(StatusCodes.Status415UnsupportedMediaType);
        }
        // The only call that reads nothing from Redis.
        if (context.Description.RelativePath?.Trim('/') != "api/v1")
            AddProblem(StatusCodes.Status503ServiceUnavailable);

        AddHeader(StatusCodes.Status405MethodNotAllowed, "Allow", Allow);
        AddHeader(StatusCodes.Status429TooManyRequests, "Retry-After", RetryAfter);
        AddHeader(StatusCodes.Status503ServiceUnavailable, "Retry-After", RetryAfter);
        foreach (var header in context.Description.ActionDescriptor.EndpointMetadata.OfType<ResponseHeaderMetadata>())
        {
            AddHeader(header.Status, header.Name, new OpenApiHeader
            {
                Description = header.Description,
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            });
        }
        operation.Responses = [];
        foreach (var (status, response) in responses.OrderBy(response => response.Key, StringComparer.Ordinal))
            operation.Responses.Add(status, response);

        void AddProblem(int status) => responses.TryAdd($"{status}", new OpenApiResponse
        {
            Description = ReasonPhrases.GetReasonPhrase(status),
            Content = new Dictionary<string, OpenApiMediaType>
            {
                ["application/problem+json"] = new() { Schema = new OpenApiSchemaReference(nameof(ProblemDetails), context.Document) },
            },
        });

        void AddHeader(int status, string name, IOpenApiHeader header)
        {
            if (responses.GetValueOrDefault($"{status}") is OpenApiResponse response)
                (response.Headers ??= new Dictionary<string, IOpenApiHeader>())[name] = header;
        }
    }

    /// <summary>Adds the member <c>code</c>, which every problem has, and its schema.</summary>
    public static void AddErrorCodes(OpenApiDocument document)
    {
        var schemas = document.Components!.Schemas!;
        schemas[ErrorCode] = new OpenApiSchema
        {
            Type = JsonSchemaType.String,
            Description = "The kind of the error, for scripts to switch on. A later version may have more.",
            Enum =
            [
                .. typeof(ErrorCodes).GetFields(BindingFlags.Public | BindingFlags.Static).Where(field => field.IsLiteral)
                    .Select(field => JsonValue.Create((string)field.GetRawConstantValue()!)),
            ],
        };
        var problem = (OpenApiSchema)schemas[nameof(ProblemDetails)];
        (problem.Properties ??= new Dictionary<string, IOpenApiSchema>())["code"] = new OpenApiSchemaReference(ErrorCode, document);
        (problem.Required ??= new HashSet<string>()).Add("code");
    }
}

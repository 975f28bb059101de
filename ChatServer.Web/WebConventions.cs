using System.Text.Json;
using System.Text.Json.Serialization;
using ChatServer.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace ChatServer.Web;

/// <summary>How every HTTP API of ChatServer reads bodies and reports errors.</summary>
public static class WebConventions
{
    /// <summary>Adds problem details and strict JSON bodies. <see cref="ProblemResponses.UseProblems"/> adds the middleware.</summary>
    public static void AddWebConventions(this WebApplicationBuilder builder)
    {
        builder.AddProblems();
        builder.Services.ConfigureHttpJsonOptions(options => RejectUnknownMembers(options.SerializerOptions));
    }

    /// <summary>The JSON of the contract. An unknown member is an error: otherwise a misspelt option would be ignored.</summary>
    private static void RejectUnknownMembers(JsonSerializerOptions options)
    {
        ContractJson.Configure(options);
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.AllowDuplicateProperties = false;
        options.RespectNullableAnnotations = true;
        options.RespectRequiredConstructorParameters = true;
    }
}

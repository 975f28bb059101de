using System.Text.Json;
using System.Text.Json.Serialization;
using ChatServer.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace ChatServer.Web;

/// <summary>How every HTTP API of ChatServer reads bodies and reports errors.</summary>
public static class WebConventions
{
    /// <summary>Problem details and strict JSON bodies. <see cref="ProblemResponses.UseProblems"/> is the other half.</summary>
    public static void AddWebConventions(this WebApplicationBuilder builder)
    {
        builder.AddProblems();
        builder.Services.ConfigureHttpJsonOptions(options => RejectUnknownMembers(options.SerializerOptions));
    }

    /// <summary>The contract's JSON, and a misspelt member is an error: what a caller asked for either happens or is refused.</summary>
    private static void RejectUnknownMembers(JsonSerializerOptions options)
    {
        ContractJson.Configure(options);
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.AllowDuplicateProperties = false;
        options.RespectNullableAnnotations = true;
        options.RespectRequiredConstructorParameters = true;
    }
}

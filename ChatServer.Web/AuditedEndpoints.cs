using System.Globalization;
using ChatServer.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace ChatServer.Web;

/// <summary>
/// Stores an entry of the audit trail. Must not throw if that is impossible: the call was already carried out or refused.
/// </summary>
public delegate Task AuditWriter(AuditEntry entry);

/// <summary>The policy for calls that the audit trail contains.</summary>
public static class AuditedEndpoints
{
    private static readonly object DetailsKey = new();

    /// <summary>
    /// Writes an entry for each call that is not a GET, whether it is carried out or refused. Its action is the name of the endpoint, and
    /// its target <c>{name}</c> (the room), <c>{id}</c> (the host), <c>{uid}</c> and <c>{seq}</c> of the route; a handler adds what only
    /// the body states with <see cref="AddAuditDetails"/>.
    /// </summary>
    /// <remarks>After <see cref="ApiKeyEndpoints.RequireApiKey"/>, in the same chain, so that calls without a key are included.</remarks>
    public static TBuilder Audited<TBuilder>(this TBuilder builder) where TBuilder : IEndpointConventionBuilder
    {
        builder.Finally(endpoint =>
        {
            if (endpoint.Metadata.OfType<HttpMethodMetadata>().All(methods => methods.HttpMethods.All(HttpMethods.IsGet)))
                return;
            var action = endpoint.Metadata.OfType<EndpointNameMetadata>().Last().EndpointName;
            var next = endpoint.RequestDelegate!;
            endpoint.RequestDelegate = context => RunAsync(context, action, next);
        });
        return builder;
    }

    /// <summary>Adds what a call applies to, and the reason that the caller gave, to its entry in the audit trail.</summary>
    public static void AddAuditDetails(this HttpContext context, string? uid = null, string? reason = null) =>
        context.Items[DetailsKey] = new Details(uid, reason);

    private static async Task RunAsync(HttpContext context, string action, RequestDelegate next)
    {
        var result = AuditEntry.Failed;
        try
        {
            await next(context);
            result = Text(context.Response.StatusCode);
        }
        catch (BadHttpRequestException e)
        {
            result = Text(e.StatusCode);
            throw;
        }
        finally
        {
            var details = context.Items[DetailsKey] as Details;
            await context.RequestServices.GetRequiredService<AuditWriter>()(new AuditEntry
            {
                Actor = context.ApiKey() is { } key ? ApiKeys.Fingerprint(key) : AuditEntry.NoKey,
                Address = AddressOf(context),
                Action = action,
                Target = TargetOf(context.Request.RouteValues, details?.Uid),
                Reason = details?.Reason,
                Result = result,
            });
        }
    }

    private static string? AddressOf(HttpContext context) => context.Connection.RemoteIpAddress is { } address
        ? (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString()
        : null;

    private static AuditTarget? TargetOf(RouteValueDictionary route, string? uid)
    {
        var target = new AuditTarget(
            Bounded(route["name"]), Bounded(route["id"]), uid ?? Bounded(route["uid"]),
            long.TryParse(route["seq"] as string, NumberStyles.None, CultureInfo.InvariantCulture, out var seq) ? seq : null);
        return target == new AuditTarget() ? null : target;
    }

    // A refused call may have any path.
    private static string? Bounded(object? value)
    {
        const int maxLength = 2 * Limits.MaxIdLength;
        return value is string { Length: > maxLength } text ? text[..maxLength] : value as string;
    }

    private static string Text(int status) => status.ToString(CultureInfo.InvariantCulture);

    private sealed record Details(string? Uid, string? Reason);
}

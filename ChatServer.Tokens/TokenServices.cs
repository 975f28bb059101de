using ChatServer.Settings;
using ChatServer.Tokens.Jwks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChatServer.Tokens;

/// <summary>Registers the verification of join tokens.</summary>
public static class TokenServices
{
    /// <summary>Adds <see cref="TokenVerifier"/>, which accepts tokens of <c>KEY</c>, of the Admin and of <c>TOKEN_JWKS</c>.</summary>
    /// <param name="builder">The service, with its settings.</param>
    /// <param name="apiKeys">The keys of <c>KEY</c>. Without one, a line at start says that its tokens are refused.</param>
    /// <param name="adminSecret">
    /// Reads the secret of the Admin; its argument is a secret that did not verify a token. Null if it cannot be read.
    /// </param>
    /// <exception cref="StartupException">A setting is invalid.</exception>
    public static void AddTokenVerifier(
        this IHostApplicationBuilder builder, IReadOnlyList<string>? apiKeys,
        Func<IServiceProvider, Func<string?, Task<string?>>> adminSecret)
    {
        string? Read(Setting<string?> setting) => setting.Read(key => builder.Configuration[key]);
        var (issuer, audience) = (Read(ServerSettings.TokenIssuer), Read(ServerSettings.TokenAudience));
        var jwks = Read(ServerSettings.TokenJwks);
        var isUrl = jwks?.Contains("://", StringComparison.Ordinal) == true;
        if (isUrl)
        {
            builder.Services.AddSingleton<IJwksSource>(s => new JwksUrl(
                new Uri(jwks!), issuer, audience, s.GetRequiredService<TimeProvider>(), OperatorLogger(s)));
        }
        else if (jwks is not null)
        {
            builder.Services.AddSingleton<IJwksSource>(s => new JwksFile(jwks, issuer, audience, OperatorLogger(s)));
        }
        builder.Services.AddSingleton(s => new TokenVerifier(
            [
                new ApiKeyTokenKeys(apiKeys ?? []),
                new AdminTokenKeys(adminSecret(s)),
                .. s.GetServices<IJwksSource>().Select(source => new JwksTokenKeys(source)),
            ],
            s.GetRequiredService<TimeProvider>()));
        builder.Services.AddHostedService(s => new TokenStart(
            s.GetService<IJwksSource>(), hasApiKeys: apiKeys is not null, OperatorLogger(s)));
    }

    private static ILogger OperatorLogger(IServiceProvider services) =>
        services.GetRequiredService<ILoggerFactory>().CreateLogger(OperatorLog.Category);
}

curl --request POST \
--url https://octanist.com/api/leads \
--header 'Content-Type: application/json' \
--header 'X-API-KEY: <api-key>' \
--data '
{
"name": "John Doe",
"email": "john@example.com",
"phone": "+1234567890",
"custom": "<string>",
"note": "<string>",
"website": "https://example.com",
"path": "/contact",
"gclid": "<string>",
"fbc": "<string>",
"fbp": "<string>",
"ga4cid": "<string>",
"ga4sid": "<string>",
"li_fat_id": "<string>",
"msclkid": "<string>",
"ttclid": "<string>",
"twclid": "<string>",
"rdt_cid": "<string>",
"sccid": "<string>",
"utm_source": "google",
"utm_medium": "cpc",
"utm_campaign": "<string>",
"ad_storage": false,
"ad_user_data": false,
"ad_personalization": false,
"analytics_storage": false
}
'

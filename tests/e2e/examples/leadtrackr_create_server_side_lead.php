$ch = curl_init("https://app.leadtrackr.io/api/leads/createServerSideLead");

curl_setopt_array($ch, [
    CURLOPT_RETURNTRANSFER => true,
    CURLOPT_POST => true,
    CURLOPT_HTTPHEADER => [
        "Content-Type: application/json",
        "X-API-Key: your-api-key-here"
    ],
    CURLOPT_POSTFIELDS => json_encode([
        "projectId" => "your-project-id",
        "userData" => [
            "firstName" => "Jane",
            "lastName" => "Smith",
            "email" => "jane@example.com",
            "phone" => "+31687654321",
            "companyName" => "Acme Inc."
        ],
        "attributionData" => [
            "gclid" => "xyz789",
            "cid" => "9876543210.9876543210"
        ],
        "formData" => [
            "formName" => "Contact Form",
            "uniqueEventId" => "evt_xyz789"
        ],
        "uniqueIdentifier" => "crm-lead-789"
    ])
]);

$response = curl_exec($ch);
curl_close($ch);

$data = json_decode($response, true);
print_r($data);
